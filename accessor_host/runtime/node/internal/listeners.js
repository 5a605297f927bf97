'use strict';

/** Key of an EventEmitter's own state: `{handlers, ...}`, its listeners by event (events.js). */
exports.STATE = Symbol('listeners');
