'use strict';

// The module base64-js of the specification, section 21. The library of accessors has one of its
// own; accessors find this one without it.

const { isArray, regExpTest, typedArrayLength } = primordials;

const { bytesOf, fromBase64, toBase64 } = require('kit/binary');
const { wrongType } = require('kit/errors');

// Both alphabets of RFC 4648; up to two signs of padding, at the end alone.
const BASE64 = /^(?:[A-Za-z0-9+/_-]{4})*(?:[A-Za-z0-9+/_-]{2}==|[A-Za-z0-9+/_-]{3}=)?$/;

exports.toByteArray = toByteArray;

/**
 * Read base64, in either alphabet of RFC 4648.
 * @param {string} text with its padding
 * @returns {Uint8Array}
 * @throws {Error} it is no base64
 */
function toByteArray(text) {
  if (typeof text !== 'string') throw wrongType('text', 'of type string', text);
  if (text.length % 4 !== 0) throw new Error('base64 must have a multiple of 4 characters');
  if (!regExpTest(BASE64, text)) throw new Error('base64 must have no other characters than its own');
  const bytes = fromBase64(text);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Write bytes as base64.
 * @param {Uint8Array|number[]} bytes
 * @throws {TypeError} it is neither
 */
exports.fromByteArray = function fromByteArray(bytes) {
  const list = isArray(bytes) ? new Uint8Array(bytes) : bytesOf(bytes);
  if (list === null) throw wrongType('bytes', 'a Uint8Array or an array of bytes', bytes);
  return toBase64(list);
};

/** Return how many bytes a base64 text stands for. */
exports.byteLength = function byteLength(text) {
  return typedArrayLength(toByteArray(text));
};
