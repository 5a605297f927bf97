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
    calls.answer(id, () => require('accessors/bridge/control')[name], argumentsText);
  }
};

exports.descriptions = {
  control: (id, name) =>
    require('accessors/running').describe() || [
      name === 'evaluate' ? 'the line' : 'the host',
      undefined
    ]
};
