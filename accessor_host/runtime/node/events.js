'use strict';

// require('events'): Node's EventEmitter.

module.exports = require('node/internal/emitter').EventEmitter;
