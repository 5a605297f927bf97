'use strict';

// `stop` and `stopAt` end the whole hierarchy; `stopAll` ends everything.

const { each } = primordials;

const { Steps } = require('accessors/failures');
const registry = require('accessors/registry');
const running = require('accessors/running');
const { outermost } = require('accessors/scheduling');
const temporal = require('accessors/time/temporal');

exports.methods = {
  /** Wrap up the outermost accessor, after the reactions that were requested before. */
  stop() {
    temporal.soon(outermost(this), 'the end', (top) => top.wrapup());
  },

  /**
   * Stop after some time.
   * @param {number} milliseconds from now
   */
  stopAt(milliseconds) {
    const { root } = this;
    root.stopAtTime = milliseconds;
    root.setTimeoutDeterministic(() => root.stop(), milliseconds);
  }
};

// Who is told what is wrapped up, while everything is.
let logging = null;

/**
 * Wrap up every top-level accessor that was started, whatever the others throw.
 * @param {function(string)} [log] told of each accessor that is wrapped up
 * @throws {Error} the first error; the others are reported
 */
exports.stopAll = function stopAll(log = () => {}) {
  logging = log;
  const steps = new Steps('stopAllAccessors()');
  for (const accessor of each(registry.topLevel())) {
    if (!registry.isStarted(accessor)) continue;
    steps.run(() => {
      log('Wrapping up ' + accessor.accessorName);
      accessor.wrapup();
    });
  }
  logging = null;
  steps.finish();
};

// One accessor whose wrapup does not end does not keep the others from theirs.
running.whenStopped(() => {
  if (logging === null) return;
  try {
    exports.stopAll(logging);
  } catch (error) {
    host.report(error);
  }
});
