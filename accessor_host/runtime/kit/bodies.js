'use strict';

// Bodies of HTTP messages that are more than a text.

const { arrayJoin, arrayPush, each, isArray, stringStartsWith, typedArraySet } = primordials;

const binary = require('kit/binary');

// An image that Python makes of pixels.
class Pixels {
  constructor(payload) {
    this.payload = payload;
    this.length = payload[1].length;
  }
}

/**
 * Say how an object is sent.
 * @param {object} value bytes, an image, or anything with a JSON form
 * @returns {{data: string|Uint8Array|object, type: string|null}} `type` is the MIME type, if the
 *   object says one
 * @throws {TypeError} it has no form
 */
exports.encodeBody = function encodeBody(value) {
  const bytes = binary.bytesOf(value);
  if (bytes !== null) return { data: bytes, type: null };
  const data = isArray(value) ? null : binary.bytesOf(value.data);
  if (data !== null) {
    const isImage = typeof value.type === 'string' && stringStartsWith(value.type, 'image/');
    return { data, type: isImage ? value.type : null };
  }
  if (value.pixels !== undefined && value.width !== undefined) {
    const payload = require('kit/images').imageCodec('image/png').encode(value);
    return { data: new Pixels(payload), type: 'image/png' };
  }
  const text = host.stringify(value);
  if (text === undefined) throw noBody(value);
  return { data: text, type: 'application/json' };
};

/**
 * Return a part of a body.
 * @param {*} data a text or bytes
 * @param {string} [encoding] of a text
 * @returns {string|Uint8Array|object} a text is UTF-8
 * @throws {TypeError} it is neither
 */
exports.toPart = function toPart(data, encoding) {
  if (typeof data === 'string') {
    if (!encoding || encoding === 'utf8' || encoding === 'utf-8') return data;
    return require('node/buffer').Buffer.from(data, encoding);
  }
  if (data instanceof Pixels) return data;
  const bytes = binary.bytesOf(data);
  if (bytes === null) throw noBody(data);
  return bytes;
};

/**
 * Join parts to what an operation carries.
 * @param {Array} parts of `toPart`
 */
exports.joinParts = function joinParts(parts) {
  if (parts.length === 1 && parts[0] instanceof Pixels) return parts[0].payload;
  let isText = true;
  let size = 0;
  const pieces = [];
  for (const part of each(parts)) {
    if (typeof part !== 'string') isText = false;
  }
  if (isText) return arrayJoin(parts, '');
  for (const part of each(parts)) {
    if (part instanceof Pixels) throw new TypeError('an image is a body by itself');
    const piece = typeof part === 'string' ? binary.encodeUtf8(part) : part;
    arrayPush(pieces, piece);
    size += piece.length;
  }
  const all = binary.allocate(size);
  let at = 0;
  for (const piece of each(pieces)) {
    typedArraySet(all, piece, at);
    at += piece.length;
  }
  return ['bytes', binary.toBase64(all)];
};

function noBody(value) {
  const { inspect } = require('node/internal/inspect');
  return new TypeError(
    inspect(value, { depth: 0 }) +
      ' is no body of a request; expected a string, bytes, an image or what has a JSON form'
  );
}
