'use strict';

// require('timers'): the functions that are globals too.

const { callbackOf, fire, ...functions } = require('internal/timers');

module.exports = functions;
