'use strict';

// The text encodings of Buffer. Each knows how many bytes a text takes, writes a text into bytes
// (as much as fits, returning the count), reads bytes as text, and makes new bytes of a text.

const {
  apply,
  arrayJoin,
  arrayMap,
  arrayPush,
  each,
  fromCharCode,
  natives,
  numberToString,
  stringCharCodeAt,
  stringSlice,
  stringToLowerCase,
  typedArrayFill,
  typedArraySubarray
} = primordials;

const { codedError } = require('node/internal/coded-error');
const { PIECE, utf8Bytes, utf8Length, utf8Read, utf8Write } = require('node/internal/utf8');

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE64URL = stringSlice(BASE64, 0, 62) + '-_';
const PAD = 61;
const NOT_A_DIGIT = 255;

const hexPairs = [];
for (let byte = 0; byte < 256; byte++)
  arrayPush(hexPairs, stringSlice(numberToString(byte + 256, 16), 1));

const hexValues = typedArrayFill(new Uint8Array(256), NOT_A_DIGIT);
for (let i = 0; i < 16; i++) {
  hexValues[stringCharCodeAt('0123456789abcdef', i)] = i;
  hexValues[stringCharCodeAt('0123456789ABCDEF', i)] = i;
}

// Reading takes both alphabets, whichever was asked for.
const base64Values = typedArrayFill(new Uint8Array(256), NOT_A_DIGIT);
for (let i = 0; i < 64; i++) {
  base64Values[stringCharCodeAt(BASE64, i)] = i;
  base64Values[stringCharCodeAt(BASE64URL, i)] = i;
}

// One call for many characters: building a string one by one is slow.
function joinCodes(next, count) {
  const pieces = [];
  for (let done = 0; done < count; done += PIECE) {
    const size = Math.min(PIECE, count - done);
    const codes = new Array(size);
    for (let i = 0; i < size; i++) codes[i] = next(done + i);
    arrayPush(pieces, apply(fromCharCode, null, codes));
  }
  return arrayJoin(pieces, '');
}

const utf8 = {
  name: 'utf8',
  byteLength: utf8Length,
  write: (text, bytes, start, end) => utf8Write(text, bytes, start, end).written,
  read: (bytes, start, end) => utf8Read(bytes, start, end, false)
};

function writeLatin1(text, bytes, start, end) {
  const count = Math.min(text.length, end - start);
  for (let i = 0; i < count; i++) bytes[start + i] = stringCharCodeAt(text, i);
  return count;
}

const latin1 = {
  name: 'latin1',
  byteLength: (text) => text.length,
  write: writeLatin1,
  read(bytes, start, end) {
    const pieces = [];
    for (let at = start; at < end; at += PIECE) {
      const piece = typedArraySubarray(bytes, at, Math.min(at + PIECE, end));
      arrayPush(pieces, apply(fromCharCode, null, piece));
    }
    return arrayJoin(pieces, '');
  }
};

const ascii = {
  name: 'ascii',
  byteLength: (text) => text.length,
  write: writeLatin1,
  read: (bytes, start, end) => joinCodes((i) => bytes[start + i] & 0x7f, end - start)
};

const utf16le = {
  name: 'utf16le',
  byteLength: (text) => text.length * 2,
  write(text, bytes, start, end) {
    const count = Math.min(text.length, (end - start) >> 1);
    for (let i = 0; i < count; i++) {
      const unit = stringCharCodeAt(text, i);
      bytes[start + 2 * i] = unit;
      bytes[start + 2 * i + 1] = unit >> 8;
    }
    return count * 2;
  },
  read(bytes, start, end) {
    const unit = (i) => bytes[start + 2 * i] | (bytes[start + 2 * i + 1] << 8);
    return joinCodes(unit, (end - start) >> 1);
  }
};

const hex = {
  name: 'hex',
  byteLength: (text) => text.length >>> 1,
  // Ends before the first pair that is not two digits.
  write(text, bytes, start, end) {
    const count = Math.min(text.length >> 1, end - start);
    for (let i = 0; i < count; i++) {
      const high = hexValues[stringCharCodeAt(text, 2 * i)];
      const low = hexValues[stringCharCodeAt(text, 2 * i + 1)];
      if (!(high < 16 && low < 16)) return i;
      bytes[start + i] = (high << 4) | low;
    }
    return count;
  },
  read(bytes, start, end) {
    const pairs = new Array(end - start);
    for (let i = start; i < end; i++) pairs[i - start] = hexPairs[bytes[i]];
    return arrayJoin(pairs, '');
  }
};

function base64Length(text) {
  let digits = text.length;
  if (digits > 0 && stringCharCodeAt(text, digits - 1) === PAD) digits--;
  if (digits > 1 && stringCharCodeAt(text, digits - 1) === PAD) digits--;
  return Math.floor((digits * 3) / 4);
}

// Three bytes out of four digits: each table has its digits' values in their place. What is no
// digit makes a sum that is too large, and a character beyond the table one that is no number.
const NO_TRIPLE = 1 << 24;
const [firstDigit, secondDigit, thirdDigit, fourthDigit] = each(
  arrayMap([18, 12, 6, 0], (shift) => {
    const table = [];
    for (let code = 0; code < 256; code++) {
      const value = base64Values[code];
      arrayPush(table, value === NOT_A_DIGIT ? NO_TRIPLE : value << shift);
    }
    return table;
  })
);

// One engine has base64 built in, some hundred times faster. It refuses what is not the standard
// alphabet with its padding; that is for the rest of this file.
const { setFromBase64, toBase64 } = natives;

function writeNatively(text, bytes, start, end) {
  if (setFromBase64 === undefined || end - start < base64Length(text)) return -1;
  try {
    return apply(setFromBase64, typedArraySubarray(bytes, start, end), [text]).written;
  } catch {
    return -1;
  }
}

// Skips what is no digit and ends at the padding, as mail folds lines and URLs drop it.
function writeBase64(text, bytes, start, end) {
  const native = writeNatively(text, bytes, start, end);
  if (native >= 0) return native;
  const { length } = text;
  let at = start;
  let i = 0;
  // Four digits at a time, up to the first that is none.
  for (; i + 3 < length && at + 2 < end; i += 4) {
    const bits =
      firstDigit[stringCharCodeAt(text, i)] +
      secondDigit[stringCharCodeAt(text, i + 1)] +
      thirdDigit[stringCharCodeAt(text, i + 2)] +
      fourthDigit[stringCharCodeAt(text, i + 3)];
    if (!(bits < NO_TRIPLE)) break;
    bytes[at++] = bits >> 16;
    bytes[at++] = bits >> 8;
    bytes[at++] = bits;
  }
  let bits = 0;
  let held = 0;
  for (; i < length && at < end; i++) {
    const code = stringCharCodeAt(text, i);
    if (code === PAD) break;
    const value = code < 256 ? base64Values[code] : NOT_A_DIGIT;
    if (value === NOT_A_DIGIT) continue;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at++] = bits >> held;
    }
  }
  return at - start;
}

// Two digits for each twelve bits; made when first needed, as native base64 does without.
const pairTables = new Map();
function pairsOf(alphabet) {
  let pairs = pairTables.get(alphabet);
  if (pairs === undefined) {
    pairs = [];
    for (let i = 0; i < 4096; i++) arrayPush(pairs, alphabet[i >> 6] + alphabet[i & 63]);
    pairTables.set(alphabet, pairs);
  }
  return pairs;
}

function readBase64(bytes, start, end, alphabet, padding) {
  if (toBase64 !== undefined) {
    const options = { alphabet: alphabet === BASE64 ? 'base64' : 'base64url' };
    return apply(toBase64, typedArraySubarray(bytes, start, end), [
      { ...options, omitPadding: !padding }
    ]);
  }
  const pairs = pairsOf(alphabet);
  const pieces = [];
  const whole = end - ((end - start) % 3);
  let at = start;
  while (at < whole) {
    const stop = Math.min(at + 3 * PIECE, whole);
    const units = new Array(((stop - at) / 3) * 2);
    for (let i = 0; at < stop; at += 3) {
      const bits = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
      units[i++] = pairs[bits >> 12];
      units[i++] = pairs[bits & 4095];
    }
    arrayPush(pieces, arrayJoin(units, ''));
  }
  if (end - whole === 1) arrayPush(pieces, pairs[bytes[at] << 4] + padding + padding);
  if (end - whole === 2) {
    const bits = (bytes[at] << 8) | bytes[at + 1];
    arrayPush(pieces, pairs[bits >> 4] + alphabet[(bits & 15) << 2] + padding);
  }
  return arrayJoin(pieces, '');
}

const base64 = {
  name: 'base64',
  byteLength: base64Length,
  write: writeBase64,
  read: (bytes, start, end) => readBase64(bytes, start, end, BASE64, '=')
};

const base64url = {
  name: 'base64url',
  byteLength: base64Length,
  write: writeBase64,
  read: (bytes, start, end) => readBase64(bytes, start, end, BASE64URL, '')
};

const byName = new Map(
  Object.entries({
    utf8,
    'utf-8': utf8,
    hex,
    base64,
    base64url,
    latin1,
    binary: latin1,
    ascii,
    utf16le,
    'utf-16le': utf16le,
    ucs2: utf16le,
    'ucs-2': utf16le
  })
);

/** Find an encoding by name in any case; undefined when there is none. */
function findEncoding(name) {
  if (typeof name !== 'string') return undefined;
  return byName.get(name) || byName.get(stringToLowerCase(name));
}

/**
 * Find an encoding; without a name, UTF-8.
 * @throws {TypeError} when there is none of that name.
 */
function encodingOf(name) {
  if (name === undefined || name === null || name === '') return utf8;
  const found = findEncoding(name);
  if (found === undefined) {
    throw codedError(TypeError, 'ERR_UNKNOWN_ENCODING', 'Unknown encoding: ' + String(name));
  }
  return found;
}

/** Encode a text into an ArrayBuffer of its own. */
function encodeText(text, encoding) {
  if (encoding === utf8) return utf8Bytes(text).buffer;
  const bytes = new Uint8Array(encoding.byteLength(text));
  const written = encoding.write(text, bytes, 0, bytes.length);
  return written === bytes.length ? bytes.buffer : bytes.buffer.slice(0, written);
}

module.exports = { base64, encodeText, encodingOf, findEncoding, latin1 };
