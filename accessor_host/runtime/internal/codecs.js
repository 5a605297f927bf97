'use strict';

// Between JavaScript values and the payloads of messages, by MIME type. The Python half of the
// table is accessor_host/codecs.py; tests/vectors/codecs.json keeps the two alike.

const SUPPORTED = ['application/json', 'text/plain', 'text/html', 'text/csv', 'text/xml'];

const json = {
  encode(value) {
    const text = host.toJson(value);
    if (text === undefined) {
      const { inspect } = host.requireBuiltin('util');
      throw new TypeError(`${inspect(value)} has no JSON form and cannot be sent`);
    }
    return text;
  },

  // The specification: what does not parse is delivered as the string it is.
  decode(text) {
    try {
      return host.fromJson(text);
    } catch {
      return text;
    }
  }
};

const text = {
  encode(value) {
    if (value === null || value === undefined) {
      throw new TypeError(`${value} has no text form and cannot be sent`);
    }
    return String(value);
  },

  decode(payload) {
    return payload;
  }
};

/** List the types that work, in both directions. */
exports.supportedTypes = function supportedTypes() {
  return SUPPORTED.slice();
};

/**
 * Return the codec of a type.
 * @param {string} option name of the option that asks, for the error
 * @param {string} type MIME type
 * @throws {TypeError} when the type is not supported
 */
exports.codecFor = function codecFor(option, type) {
  if (type === 'application/json') return json;
  if (type.startsWith('text/') && type.length > 5) return text;
  const { badOption } = host.requireBuiltin('internal/options');
  throw badOption(option, type, `one of ${SUPPORTED.join(', ')}, or another text/ type`);
};
