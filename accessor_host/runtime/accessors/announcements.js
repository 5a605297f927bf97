'use strict';

// An accessor as an emitter of events. All its levels are one emitter: what happens, happens at
// the root, and whoever listens at a base class hears it.

const { apply, each } = primordials;

const { EventEmitter, STATE } = require('node/internal/emitter');

exports.methods = {};

for (const name of each(Object.keys(EventEmitter.prototype))) {
  const method = EventEmitter.prototype[name];
  exports.methods[name] = function (...args) {
    return apply(method, this.root, args);
  };
}

const { emit } = exports.methods;

/** Tell whether an event that is emitted often has to be: somebody listens, or has put in a spy. */
exports.isHeard = (accessor, type) =>
  accessor[STATE].handlers[type] !== undefined || accessor.emit !== emit;
