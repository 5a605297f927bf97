'use strict';

// require('node/timers'): the functions that are globals too.

const { callbackOf, fire, promisable, setAlarm, ...functions } = require('node/internal/timers');

module.exports = functions;
