'use strict';

// What the runtime for accessors adds to the runtime's own events (core/main.js).

const calls = require('core/calls');

exports.handlers = {
  /** Take accessor classes that were found beforehand, as a JSON text. */
  classes(found) {
    require('accessors/library').preload(host.fromJson(found));
  },

  /** Call one of the functions that Python's objects for accessors use. */
  control(id, name, argumentsText) {
    // What these return is made by the runtime; scripts have no say in how it is written.
    const find = () => require('accessors/bridge/control')[name];
    calls.answer(id, find, argumentsText, toJson);
  }
};

// A value that a script has nested deeply is the engine's to write: it takes less of the stack.
function toJson(value) {
  try {
    return host.toJson(value);
  } catch {
    return host.stringify(value);
  }
}

exports.descriptions = {
  control: (id, name) =>
    require('accessors/running').describe() || [
      name === 'evaluate' ? 'the line' : 'the host',
      undefined
    ]
};
