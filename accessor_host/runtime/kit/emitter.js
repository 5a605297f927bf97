'use strict';

// What the objects of modules are: emitters of events.

const { EventEmitter, emitOne, emitTwo, listenersOf } = require('node/internal/emitter');

exports.EventEmitter = EventEmitter;

/** Emit an event other than `error` with one argument: `emitOne(emitter, type, value)`. */
exports.emitOne = emitOne;

/** Emit an event other than `error` with two: `emitTwo(emitter, type, first, second)`. */
exports.emitTwo = emitTwo;

/** List the listeners of an event, whatever a script made of the emitter's own method. */
exports.listenersOf = listenersOf;
