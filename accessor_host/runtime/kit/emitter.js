'use strict';

// What the objects of modules are: emitters of events.

const { EventEmitter, emitOne } = require('node/internal/emitter');

exports.EventEmitter = EventEmitter;

/** Emit an event other than `error` with one argument: `emitOne(emitter, type, value)`. */
exports.emitOne = emitOne;
