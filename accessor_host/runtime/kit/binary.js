'use strict';

// Bytes as they cross between the engine and Python: base64.

const { isView, typedArrayLength } = primordials;

const { base64 } = require('node/internal/buffer-encodings');
const { alloc, from } = require('node/buffer').Buffer;
const types = require('node/internal/types');
const { utf8Bytes, utf8Read } = require('node/internal/utf8');

/** Return the bytes of a Buffer, typed array, DataView or ArrayBuffer, not copied; else null. */
exports.bytesOf = function bytesOf(value) {
  if (isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return types.isAnyArrayBuffer(value) ? new Uint8Array(value) : null;
};

/** Encode a text as UTF-8; a lone surrogate becomes U+FFFD. */
exports.encodeUtf8 = utf8Bytes;

/** Decode UTF-8; what is malformed becomes U+FFFD. */
exports.decodeUtf8 = (bytes) => utf8Read(bytes, 0, typedArrayLength(bytes), false);

/** Write a Uint8Array as base64. */
exports.toBase64 = function toBase64(bytes) {
  return base64.read(bytes, 0, typedArrayLength(bytes));
};

/** Read base64 into a new Buffer. */
exports.fromBase64 = function fromBase64(text) {
  return from(text, 'base64');
};

/** Make a Buffer of zeros. */
exports.allocate = (size) => alloc(size);

/** Read base64 into bytes at an offset; returns how many bytes were written. */
exports.readBase64 = function readBase64(text, bytes, offset) {
  return base64.write(text, bytes, offset, bytes.length);
};
