'use strict';

// Values on their way to Python, as JSON texts.

/**
 * Write a value down.
 * @param {*} value
 * @param {string} what it is, with its port and accessor, for the error
 * @returns {string} JSON; `undefined` is null, as Python has None for both
 * @throws {TypeError} the value has no JSON form
 */
exports.toText = function toText(value, what) {
  if (value === undefined) return 'null';
  let text;
  try {
    text = host.stringify(value);
  } catch (error) {
    throw new TypeError(what + ' has no JSON form: ' + error.message);
  }
  if (text === undefined) {
    const shown = require('node/internal/inspect').inspect(value);
    throw new TypeError(what + ' has no JSON form: ' + shown);
  }
  return text;
};
