'use strict';

// What a port's type makes of a value. A value may pass here several times on its way (sent,
// provided, read), and each time the first rule that fits decides.

const { isInteger } = primordials;

/**
 * Convert a value for a port or parameter.
 * @param {object} accessor whose port it is
 * @param {string} port its name, for error messages
 * @param {string|undefined} type the declared type
 * @param {*} value what was given
 * @returns {*} what the port holds
 * @throws {Error} the type cannot hold the value
 */
exports.convert = function convert(accessor, port, type, value) {
  if (!type || type === typeof value || value === null) return value;
  if (type === 'string') return toText(accessor, port, value, 'string');
  if (typeof value === 'string') return fromText(type, value);
  if (type === 'boolean') return Boolean(value);
  if (type === 'int' || type === 'number') return toNumber(accessor, port, type, value);
  // JSON, and types that only user interfaces know: whatever can be written down.
  toText(accessor, port, value, 'JSON');
  return value;
};

// The type of what a text stands for is not checked: '5.5' is 5.5 even for an int.
function fromText(type, text) {
  if (text === '') return type === 'JSON' ? '' : null;
  try {
    return host.fromJson(text);
  } catch {
    return text;
  }
}

function toNumber(accessor, port, type, value) {
  // NaN is no whole number either.
  if (isInteger(value)) return value;
  const expected = type === 'int' ? 'an int' : 'a number';
  const shown =
    typeof value === 'number' ? String(value) : 'a ' + typeof value + ': ' + show(value);
  throw new TypeError(nameOf(accessor, port) + ' expected ' + expected + ', but got ' + shown);
}

function toText(accessor, port, value, representation) {
  try {
    return JSON.stringify(value);
  } catch (error) {
    const name = nameOf(accessor, port);
    throw new TypeError(
      'object provided to ' +
        name +
        ' does not have a ' +
        representation +
        ' representation: ' +
        error.message
    );
  }
}

function nameOf(accessor, port) {
  return accessor.root.accessorName + '.' + port;
}

function show(value) {
  return typeof value === 'object'
    ? require('node/internal/inspect').inspect(value)
    : String(value);
}
