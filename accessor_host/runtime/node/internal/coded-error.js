'use strict';

// Errors with the stable `code` that scripts written for Node test for.

const {
  isInteger,
  stringEndsWith,
  stringIncludes,
  stringReplace,
  stringSlice,
  stringStartsWith
} = primordials;

/**
 * Make an error whose `code` and stack header name the failure.
 * @param {Function} Base TypeError, RangeError or Error.
 * @param {string} code Machine readable name, such as ERR_INVALID_ARG_TYPE.
 * @param {string} message Text for people.
 */
function codedError(Base, code, message) {
  const error = new Base(message);
  error.code = code;
  const { name, stack } = error;
  if (typeof stack === 'string' && stringStartsWith(stack, name + ':')) {
    Object.defineProperty(error, 'stack', {
      __proto__: null,
      value: name + ' [' + code + ']' + stringSlice(stack, name.length),
      configurable: true,
      writable: true,
      enumerable: false
    });
  }
  // `String(error)` names the code too, as logs are often searched for it.
  Object.defineProperty(error, 'toString', {
    __proto__: null,
    value() {
      return this.name + ' [' + code + ']: ' + this.message;
    },
    configurable: true,
    writable: true,
    enumerable: false
  });
  return error;
}

/**
 * Make the TypeError for an argument of the wrong kind.
 * @param {string} name Argument, a dotted property path, or words like "last argument".
 * @param {string} expected What it should have been: "of type string", "an instance of Buffer".
 * @param {*} actual What came instead.
 */
function wrongType(name, expected, actual) {
  let subject = '"' + name + '" ' + (stringIncludes(name, '.') ? 'property' : 'argument');
  if (stringEndsWith(name, ' argument')) subject = name;
  const text = 'The ' + subject + ' must be ' + expected + '.' + received(actual);
  return codedError(TypeError, 'ERR_INVALID_ARG_TYPE', text);
}

/**
 * Make the RangeError for a number outside its allowed range.
 * @param {string} name Argument.
 * @param {string} range What is allowed, in words.
 * @param {*} actual What came instead.
 */
function outOfRange(name, range, actual) {
  let shown = String(actual);
  if (typeof actual === 'bigint') {
    const wide = actual > 4294967296n || actual < -4294967296n;
    shown = (wide ? groupDigits(shown) : shown) + 'n';
  } else if (isInteger(actual) && Math.abs(actual) > 4294967296) {
    shown = groupDigits(shown);
  } else if (typeof actual !== 'number') {
    shown = require('node/internal/inspect').inspect(actual);
  }
  const text =
    'The value of "' + name + '" is out of range. It must be ' + range + '. Received ' + shown;
  return codedError(RangeError, 'ERR_OUT_OF_RANGE', text);
}

function groupDigits(digits) {
  return stringReplace(digits, /\d(?=(?:\d{3})+$)/g, (digit) => digit + '_');
}

function received(value) {
  if (value === null || value === undefined) return ' Received ' + value;
  if (typeof value === 'function') {
    return ' Received function ' + value.name;
  }
  const { inspect } = require('node/internal/inspect');
  if (typeof value === 'object') {
    const maker = value.constructor;
    if (maker && maker.name) return ' Received an instance of ' + maker.name;
    return ' Received ' + inspect(value, { depth: -1 });
  }
  let shown = inspect(value);
  if (shown.length > 28) shown = stringSlice(shown, 0, 25) + '...';
  return ' Received type ' + typeof value + ' (' + shown + ')';
}

module.exports = { codedError, wrongType, outOfRange };
