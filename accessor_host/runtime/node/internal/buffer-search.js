'use strict';

// Buffer's indexOf, lastIndexOf and includes, and the order of two byte sequences.

const { isNaN } = primordials;

const { encodeText, encodingOf } = require('node/internal/buffer-encodings');
const { wrongType } = require('node/internal/coded-error');

const nativeIndexOf = Uint8Array.prototype.indexOf;
const nativeLastIndexOf = Uint8Array.prototype.lastIndexOf;

/** Order two byte sequences: -1, 0 or 1. */
function compareBytes(left, right) {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    if (left[i] !== right[i]) return left[i] < right[i] ? -1 : 1;
  }
  return Math.sign(left.length - right.length);
}

function matchesAt(bytes, needle, at) {
  for (let i = 1; i < needle.length; i++) {
    if (bytes[at + i] !== needle[i]) return false;
  }
  return true;
}

// The engine looks for the first byte, which is much faster than a loop here. Two-byte text is
// only found where a character starts.
function findForward(bytes, needle, from, step) {
  const last = bytes.length - needle.length;
  let at = nativeIndexOf.call(bytes, needle[0], from - (from % step));
  while (at !== -1 && at <= last) {
    if (at % step === 0 && matchesAt(bytes, needle, at)) return at;
    at = nativeIndexOf.call(bytes, needle[0], at + 1);
  }
  return -1;
}

function findBackward(bytes, needle, from, step) {
  const start = Math.min(from, bytes.length - needle.length);
  let at = start < 0 ? -1 : nativeLastIndexOf.call(bytes, needle[0], start);
  while (at !== -1) {
    if (at % step === 0 && matchesAt(bytes, needle, at)) return at;
    at = at === 0 ? -1 : nativeLastIndexOf.call(bytes, needle[0], at - 1);
  }
  return -1;
}

/**
 * Find bytes, a byte or a text.
 * @param {Uint8Array} bytes Where to look.
 * @param {string|number|Uint8Array} value What to look for.
 * @param {number|string} [byteOffset] Where to begin, from the end if negative; or the encoding.
 * @param {string} [encodingName] Of a text.
 * @param {boolean} forward The first one, or the last one at or before the offset.
 * @returns {number} -1 when it is not there.
 */
function search(bytes, value, byteOffset, encodingName, forward) {
  let offset = byteOffset;
  let name = encodingName;
  if (typeof offset === 'string') {
    name = offset;
    offset = undefined;
  }
  offset = Math.trunc(Number(offset));
  if (isNaN(offset)) offset = forward ? 0 : bytes.length;
  if (offset < 0) offset += bytes.length;
  const before = offset < 0;
  if (before) offset = 0;

  if (typeof value === 'number') {
    if (before && !forward) return -1;
    return forward
      ? nativeIndexOf.call(bytes, value & 255, offset)
      : nativeLastIndexOf.call(bytes, value & 255, offset);
  }
  let needle = value;
  let step = 1;
  if (typeof value === 'string') {
    const encoding = encodingOf(name);
    needle = new Uint8Array(encodeText(value, encoding));
    if (encoding.name === 'utf16le') step = 2;
  } else if (!(value instanceof Uint8Array)) {
    const expected = 'one of type number or string or an instance of Buffer or Uint8Array';
    throw wrongType('value', expected, value);
  }
  if (needle.length === 0) return Math.min(offset, bytes.length);
  if (before && !forward) return -1;
  return forward
    ? findForward(bytes, needle, offset, step)
    : findBackward(bytes, needle, offset, step);
}

module.exports = { compareBytes, search };
