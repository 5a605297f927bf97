'use strict';

// The globals that scripts find, beside those of the language.

const { each, promiseThen } = primordials;

const TIMERS = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate'
];

/** Define every global; what is seldom used is loaded when it is first touched. */
exports.install = function install() {
  // For who is loaded when scripts have added their own.
  host.globalNames = Object.getOwnPropertyNames(globalThis);
  const { createConsole } = require('node/console');
  define(
    'console',
    createConsole((stream, text) => host.operation('print', stream, text))
  );
  define('global', globalThis);
  for (const name of each(TIMERS)) lazily(name, 'node/timers', name);
  define('queueMicrotask', queueMicrotask);
  lazily('Buffer', 'node/buffer', 'Buffer');
  lazily('atob', 'node/buffer', 'atob');
  lazily('btoa', 'node/buffer', 'btoa');
  lazily('TextEncoder', 'node/util', 'TextEncoder');
  lazily('TextDecoder', 'node/util', 'TextDecoder');
};

function define(name, value) {
  Object.defineProperty(globalThis, name, {
    __proto__: null,
    value,
    writable: true,
    configurable: true,
    enumerable: false
  });
}

function lazily(name, module, member) {
  Object.defineProperty(globalThis, name, {
    __proto__: null,
    get() {
      const value = require(module)[member];
      define(name, value);
      return value;
    },
    set(value) {
      define(name, value);
    },
    configurable: true,
    enumerable: false
  });
}

const resolved = Promise.resolve();

// Own, so that a throwing callback is reported alike by both engines.
function queueMicrotask(callback) {
  if (typeof callback !== 'function') {
    const shown = require('node/internal/inspect').inspect(callback);
    const text = 'The "callback" argument must be of type function. Received ' + shown;
    throw Object.assign(new TypeError(text), { code: 'ERR_INVALID_ARG_TYPE' });
  }
  promiseThen(resolved, () => {
    try {
      callback();
    } catch (error) {
      host.report(error);
    }
  });
}
