'use strict';

// require('node/querystring'): the part of a URL after the question mark, as Node reads and writes it.

const {
  arrayJoin,
  arrayPush,
  each,
  isArray,
  isFinite,
  regExpExec,
  regExpTest,
  stringIncludes,
  stringIndexOf,
  stringSlice,
  stringSplit
} = primordials;

const { codedError } = require('node/internal/coded-error');
const { utf8Length, utf8Read, utf8Write } = require('node/internal/utf8');

const MAX_KEYS = 1000;
const SAFE = /^[A-Za-z0-9\-_.!~*'()]*$/;

/**
 * Percent-encode a text.
 * @throws {URIError} for half of a surrogate pair.
 */
function escape(value) {
  const text = typeof value === 'string' ? value : textOf(value);
  if (regExpTest(SAFE, text)) return text;
  try {
    return encodeURIComponent(text);
  } catch (_) {
    throw codedError(URIError, 'ERR_INVALID_URI', 'URI malformed');
  }
}

function textOf(value) {
  return typeof value === 'object' ? String(value) : value + '';
}

/** Decode percent sequences; bytes that are no UTF-8 become U+FFFD. */
function unescape(value) {
  const text = String(value);
  if (!stringIncludes(text, '%')) return text;
  try {
    return decodeURIComponent(text);
  } catch (_) {
    return decodeLoosely(text);
  }
}

// A percent sign without two digits stays; the bytes around it are decoded together.
function decodeLoosely(text) {
  const bytes = new Uint8Array(utf8Length(text));
  let length = 0;
  const tokens = /%[0-9a-fA-F]{2}|[^%]+|%/g;
  for (let match = regExpExec(tokens, text); match !== null; match = regExpExec(tokens, text)) {
    const token = match[0];
    if (token.length === 3 && token[0] === '%') {
      bytes[length++] = parseInt(stringSlice(token, 1), 16);
    } else {
      length += utf8Write(token, bytes, length, bytes.length).written;
    }
  }
  return utf8Read(bytes, 0, length, false);
}

function valueText(value) {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return isFinite(value) ? String(value) : '';
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      return '';
  }
}

/**
 * Write the own properties of an object as a query; an array repeats its key.
 * @param {object} object Anything else gives ''.
 * @param {string} [sep] Between pairs, '&'.
 * @param {string} [eq] Between key and value, '='.
 * @param {object} [options] `encodeURIComponent`: another encoder.
 */
function stringify(object, sep, eq, options) {
  if (object === null || typeof object !== 'object') return '';
  const between = sep || '&';
  const equals = eq || '=';
  const custom = options && options.encodeURIComponent;
  const encode = typeof custom === 'function' ? custom : module.exports.escape;
  const pairs = [];
  for (const key of each(Object.keys(object))) {
    const start = encode(key) + equals;
    const value = object[key];
    const values = isArray(value) ? value : [value];
    for (const item of each(values)) arrayPush(pairs, start + encode(valueText(item)));
  }
  return arrayJoin(pairs, between);
}

/**
 * Read a query; a repeated key gives an array.
 * @param {string} text Anything else gives an empty object.
 * @param {string} [sep] Between pairs, '&'.
 * @param {string} [eq] Between key and value, '='.
 * @param {object} [options] `maxKeys`: pairs to read at most, 1000, 0 for all;
 *     `decodeURIComponent`: another decoder.
 * @returns {object} without a prototype, so that any key is just a key.
 */
function parse(text, sep, eq, options) {
  const result = Object.create(null);
  if (typeof text !== 'string' || text.length === 0) return result;
  const between = sep ? String(sep) : '&';
  const equals = eq ? String(eq) : '=';
  const custom = options && options.decodeURIComponent;
  const decode = makeDecoder(typeof custom === 'function' ? custom : module.exports.unescape);
  let left = options && typeof options.maxKeys === 'number' ? options.maxKeys : MAX_KEYS;
  if (left <= 0) left = Infinity;

  let start = 0;
  while (start <= text.length && left > 0) {
    let end = stringIndexOf(text, between, start);
    if (end === -1) end = text.length;
    if (end > start) {
      const pair = stringSlice(text, start, end);
      const at = stringIndexOf(pair, equals);
      const key = decode(at === -1 ? pair : stringSlice(pair, 0, at));
      addValue(result, key, at === -1 ? '' : decode(stringSlice(pair, at + equals.length)));
      left--;
    }
    start = end + between.length;
  }
  return result;
}

function makeDecoder(decode) {
  return (text) => {
    const spaced = stringIncludes(text, '+') ? arrayJoin(stringSplit(text, '+'), ' ') : text;
    try {
      return decode(spaced);
    } catch (_) {
      return unescape(spaced);
    }
  };
}

function addValue(result, key, value) {
  const present = result[key];
  if (present === undefined) result[key] = value;
  else if (isArray(present)) arrayPush(present, value);
  else result[key] = [present, value];
}

module.exports = {
  decode: parse,
  encode: stringify,
  escape,
  parse,
  stringify,
  unescape
};
