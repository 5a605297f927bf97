'use strict';

// require('node/util'): Node's util, and the checks accessors know from older hosts.

const {
  apply,
  arrayJoin,
  arrayMap,
  arrayPop,
  each,
  functionCall,
  isArray,
  promiseThen,
  stringPadStart,
  stringReplace,
  symbolFor
} = primordials;

const types = require('node/internal/types');
const { isDeepStrictEqual } = require('node/internal/deep-equal');
const { TextDecoder, TextEncoder } = require('node/internal/encoding');
const { codedError, wrongType } = require('node/internal/coded-error');
const { defaultOptions, inspect } = require('node/internal/inspect');
const { format, formatWithOptions } = require('node/internal/format');
const { stripVTControlCharacters } = require('node/internal/inspect-text');

const PROMISIFY = symbolFor('nodejs.util.promisify.custom');

function checkFunction(name, value) {
  if (typeof value !== 'function') throw wrongType(name, 'of type function', value);
}

/**
 * Make one constructor inherit from another; `ctor.super_` is the parent.
 * @throws {TypeError} when either is no constructor.
 */
function inherits(ctor, superCtor) {
  if (ctor === undefined || ctor === null) throw wrongType('ctor', 'of type function', ctor);
  if (superCtor === undefined || superCtor === null) {
    throw wrongType('superCtor', 'of type function', superCtor);
  }
  if (superCtor.prototype === undefined) {
    throw wrongType('superCtor.prototype', 'of type object', superCtor.prototype);
  }
  Object.defineProperty(ctor, 'super_', {
    __proto__: null,
    value: superCtor,
    writable: true,
    configurable: true
  });
  Object.setPrototypeOf(ctor.prototype, superCtor.prototype);
}

/**
 * Turn a function that takes a callback `(error, value)` into one that returns a promise.
 * @throws {TypeError} when it is no function.
 */
function promisify(original) {
  checkFunction('original', original);
  const custom = original[PROMISIFY];
  if (custom) {
    checkFunction('util.promisify.custom', custom);
    return Object.defineProperty(custom, PROMISIFY, {
      __proto__: null,
      value: custom,
      configurable: true
    });
  }
  function promisified(...args) {
    return new Promise((resolve, reject) => {
      functionCall(original, this, ...each(args), (error, value) => {
        if (error) reject(error);
        else resolve(value);
      });
    });
  }
  Object.setPrototypeOf(promisified, Object.getPrototypeOf(original));
  Object.defineProperty(promisified, PROMISIFY, {
    __proto__: null,
    value: promisified,
    configurable: true
  });
  return Object.defineProperties(promisified, Object.getOwnPropertyDescriptors(original));
}

promisify.custom = PROMISIFY;

/**
 * Turn a function that returns a promise into one that takes a callback `(error, value)`.
 * @throws {TypeError} when it is no function.
 */
function callbackify(original) {
  checkFunction('original', original);
  function callbackified(...args) {
    const callback = arrayPop(args);
    checkFunction('last argument', callback);
    // Called outside the promise, so that what it throws is not taken for a rejection.
    promiseThen(
      apply(original, this, args),
      (value) => setTimeout(() => functionCall(callback, this, null, value), 0),
      (reason) => setTimeout(() => functionCall(callback, this, truthy(reason)), 0)
    );
  }
  const descriptors = Object.getOwnPropertyDescriptors(original);
  descriptors.length.value += 1;
  descriptors.name.value += 'Callbackified';
  return Object.defineProperties(callbackified, descriptors);
}

// A callback could not tell a falsy reason from success.
function truthy(reason) {
  if (reason) return reason;
  const error = codedError(
    Error,
    'ERR_FALSY_VALUE_REJECTION',
    'Promise was rejected with falsy value'
  );
  error.reason = reason;
  return error;
}

const warned = new Set();

/**
 * Wrap a function so that its first call prints a warning; a code is warned of once.
 */
function deprecate(fn, message, code) {
  let done = false;
  function deprecated(...args) {
    if (!done) {
      done = true;
      if (code === undefined || !warned.has(code)) {
        warned.add(code);
        const label = code === undefined ? '' : '[' + code + '] ';
        console.error(label + 'DeprecationWarning: ' + message);
      }
    }
    if (new.target) return Reflect.construct(fn, args, new.target);
    return apply(fn, this, args);
  }
  Object.setPrototypeOf(deprecated, fn);
  if (fn.prototype) deprecated.prototype = fn.prototype;
  return deprecated;
}

/** Make a logger for a debug section; none is ever on, as scripts see no environment. */
function debuglog() {
  const log = () => undefined;
  log.enabled = false;
  return log;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Print a line that starts with the date and time. */
function log(...args) {
  const now = new Date();
  const clock = [now.getHours(), now.getMinutes(), now.getSeconds()];
  const time = arrayJoin(
    arrayMap(clock, (part) => stringPadStart(String(part), 2, '0')),
    ':'
  );
  const day = now.getDate() + ' ' + MONTHS[now.getMonth()];
  console.log('%s - %s', day + ' ' + time, format(...each(args)));
}

/** Copy own properties of `source` onto `target`, which is changed and returned. */
function extend(target, source) {
  if (source === null || typeof source !== 'object') return target;
  for (const key of each(Object.keys(source))) target[key] = source[key];
  return target;
}

/** Replace lone surrogates by U+FFFD. */
function toUSVString(value) {
  const lone = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
  return stringReplace(String(value), lone, '\ufffd');
}

/** Remove terminal control sequences from a string. */
function strip(text) {
  if (typeof text !== 'string') throw wrongType('str', 'of type string', text);
  return stripVTControlCharacters(text);
}

Object.defineProperty(inspect, 'defaultOptions', {
  __proto__: null,
  enumerable: true,
  get: () => defaultOptions,
  set(options) {
    if (options === null || typeof options !== 'object') {
      throw wrongType('options', 'of type object', options);
    }
    Object.assign(defaultOptions, options);
  }
});

module.exports = {
  TextDecoder,
  TextEncoder,
  _extend: extend,
  callbackify,
  debug: debuglog,
  debuglog,
  deprecate,
  format,
  formatWithOptions,
  inherits,
  inspect,
  isArray: isArray,
  isBoolean: (value) => typeof value === 'boolean',
  isBuffer: (value) => require('node/buffer').Buffer.isBuffer(value),
  isDate: types.isDate,
  isDeepStrictEqual,
  isError: (value) => types.isNativeError(value) || value instanceof Error,
  isFunction: (value) => typeof value === 'function',
  isNull: (value) => value === null,
  isNullOrUndefined: (value) => value === null || value === undefined,
  isNumber: (value) => typeof value === 'number',
  isObject: (value) => value !== null && typeof value === 'object',
  isPrimitive: (value) => {
    return value === null || (typeof value !== 'object' && typeof value !== 'function');
  },
  isRegExp: types.isRegExp,
  isString: (value) => typeof value === 'string',
  isSymbol: (value) => typeof value === 'symbol',
  isUndefined: (value) => value === undefined,
  log,
  promisify,
  stripVTControlCharacters: strip,
  toUSVString,
  // A copy: what scripts make of it is not what inspect decides by.
  types: Object.assign({}, types)
};
