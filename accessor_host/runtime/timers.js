'use strict';

// require('timers'): the functions that are globals too.

const timers = require('internal/timers');

for (const name of [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate'
]) {
  exports[name] = timers[name];
}
