'use strict';

// UTF-8 to strings and back. Malformed bytes become U+FFFD, one for each maximal part of a
// sequence that could have been valid (WHATWG Encoding, "UTF-8 decoder").
//
// What is well-formed goes through the engine's URI functions, which are the only native UTF-8
// coders a script can reach: several times faster than a loop here.

const {
  apply,
  arrayJoin,
  arrayPush,
  each,
  fromCharCode,
  regExpTest,
  stringCharCodeAt,
  stringSlice,
  typedArraySubarray
} = primordials;

// Strings are built from pieces of this many units: one call takes that many arguments.
const PIECE = 4096;

const ONLY_ASCII = /^[\x00-\x7f]*$/;

/** Encode a string into new bytes. */
function utf8Bytes(text) {
  const pieces = [];
  let size = 0;
  for (let at = 0; at < text.length;) {
    let end = Math.min(at + PIECE, text.length);
    if (end < text.length && isHigh(stringCharCodeAt(text, end - 1))) end--;
    const piece = byteString(stringSlice(text, at, end));
    if (piece === undefined) return utf8BytesLoosely(text);
    arrayPush(pieces, piece);
    size += piece.length;
    at = end;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of each(pieces)) {
    for (let i = 0; i < piece.length; i++) bytes[at++] = stringCharCodeAt(piece, i);
  }
  return bytes;
}

// One character for each byte, or undefined for a text with half a surrogate pair.
function byteString(text) {
  if (regExpTest(ONLY_ASCII, text)) return text;
  try {
    return unescape(encodeURIComponent(text));
  } catch (_) {
    return undefined;
  }
}

function utf8BytesLoosely(text) {
  const bytes = new Uint8Array(utf8Length(text));
  utf8Write(text, bytes, 0, bytes.length);
  return bytes;
}

/** Count the bytes a string takes. */
function utf8Length(text) {
  if (regExpTest(ONLY_ASCII, text)) return text.length;
  const units = text.length;
  let bytes = units;
  for (let i = 0; i < units; i++) {
    const unit = stringCharCodeAt(text, i);
    if (unit < 0x80) continue;
    if (unit < 0x800) {
      bytes += 1;
    } else {
      bytes += 2;
      // A pair takes four bytes, not twice three.
      if (isHigh(unit) && isLow(stringCharCodeAt(text, i + 1))) i++;
    }
  }
  return bytes;
}

function isHigh(unit) {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit) {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/**
 * Write a string into bytes, as far as whole characters fit.
 * @returns {{read: number, written: number}} units taken and bytes made.
 */
function utf8Write(text, bytes, start, end) {
  const units = text.length;
  let at = start;
  let i = 0;
  for (; i < units; i++) {
    let code = stringCharCodeAt(text, i);
    if (code < 0x80) {
      if (at >= end) break;
      bytes[at++] = code;
      continue;
    }
    if (code < 0x800) {
      if (at + 2 > end) break;
      bytes[at++] = 0xc0 | (code >> 6);
      bytes[at++] = 0x80 | (code & 0x3f);
      continue;
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = isHigh(code) ? stringCharCodeAt(text, i + 1) : 0;
      if (isLow(low)) {
        if (at + 4 > end) break;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        bytes[at++] = 0xf0 | (code >> 18);
        bytes[at++] = 0x80 | ((code >> 12) & 0x3f);
        bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
        bytes[at++] = 0x80 | (code & 0x3f);
        i++;
        continue;
      }
      code = 0xfffd;
    }
    if (at + 3 > end) break;
    bytes[at++] = 0xe0 | (code >> 12);
    bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
    bytes[at++] = 0x80 | (code & 0x3f);
  }
  return { read: i, written: at - start };
}

// How a lead byte continues: how many bytes follow, and what the first of them may be. The
// narrower limits exclude overlong forms, surrogates and what lies beyond U+10FFFF.
function followers(lead) {
  if (lead >= 0xc2 && lead <= 0xdf) return 1;
  if (lead >= 0xe0 && lead <= 0xef) return 2;
  if (lead >= 0xf0 && lead <= 0xf4) return 3;
  return 0;
}

function lowestSecond(lead) {
  if (lead === 0xe0) return 0xa0;
  return lead === 0xf0 ? 0x90 : 0x80;
}

function highestSecond(lead) {
  if (lead === 0xed) return 0x9f;
  return lead === 0xf4 ? 0x8f : 0xbf;
}

// Bytes from `at` that form the longest possible part of one character.
function validPart(bytes, at, end) {
  const lead = bytes[at];
  const count = followers(lead);
  let length = 1;
  while (length <= count && at + length < end) {
    const byte = bytes[at + length];
    const lowest = length === 1 ? lowestSecond(lead) : 0x80;
    const highest = length === 1 ? highestSecond(lead) : 0xbf;
    if (byte < lowest || byte > highest) break;
    length++;
  }
  return length;
}

/**
 * Read bytes as a string.
 * @param {boolean} [fatal] Refuse malformed bytes.
 * @throws {TypeError} when `fatal` and a sequence is malformed.
 */
function utf8Read(bytes, start, end, fatal) {
  const pieces = [];
  for (let at = start; at < end;) {
    const next = cut(bytes, at, end);
    const latin1 = apply(fromCharCode, null, typedArraySubarray(bytes, at, next));
    if (regExpTest(ONLY_ASCII, latin1)) {
      arrayPush(pieces, latin1);
    } else {
      let piece;
      try {
        piece = decodeURIComponent(escape(latin1));
      } catch (_) {
        piece = readLoosely(bytes, at, next, fatal);
      }
      arrayPush(pieces, piece);
    }
    at = next;
  }
  return arrayJoin(pieces, '');
}

function isContinuation(byte) {
  return byte >= 0x80 && byte <= 0xbf;
}

// The end of the next piece, where no character is cut in two. After three bytes that only
// continue one, a fourth belongs to none.
function cut(bytes, start, end) {
  const whole = start + PIECE;
  if (whole >= end) return end;
  for (let at = whole; at > whole - 4; at--) {
    if (!isContinuation(bytes[at])) return at;
  }
  return whole;
}

function readLoosely(bytes, start, end, fatal) {
  const units = [];
  let at = start;
  while (at < end) {
    const lead = bytes[at];
    if (lead < 0x80) {
      arrayPush(units, lead);
      at++;
    } else {
      const count = followers(lead);
      const length = validPart(bytes, at, end);
      if (count === 0 || length <= count) {
        if (fatal) throw new TypeError('The encoded data was not valid for encoding utf-8');
        arrayPush(units, 0xfffd);
      } else if (count === 1) {
        arrayPush(units, ((lead & 0x1f) << 6) | (bytes[at + 1] & 0x3f));
      } else if (count === 2) {
        arrayPush(
          units,
          ((lead & 0x0f) << 12) | ((bytes[at + 1] & 0x3f) << 6) | (bytes[at + 2] & 0x3f)
        );
      } else {
        const code =
          (((lead & 0x07) << 18) |
            ((bytes[at + 1] & 0x3f) << 12) |
            ((bytes[at + 2] & 0x3f) << 6) |
            (bytes[at + 3] & 0x3f)) -
          0x10000;
        arrayPush(units, 0xd800 | (code >> 10));
        arrayPush(units, 0xdc00 | (code & 0x3ff));
      }
      at += length;
    }
  }
  return apply(fromCharCode, null, units);
}

/** Count the last bytes that may be the start of a character yet to come. */
function utf8Tail(bytes, start, end) {
  for (let back = 1; back <= 3 && end - back >= start; back++) {
    const byte = bytes[end - back];
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const whole = validPart(bytes, end - back, end);
      return whole === back && followers(byte) >= back ? back : 0;
    }
  }
  return 0;
}

module.exports = { PIECE, utf8Bytes, utf8Length, utf8Read, utf8Tail, utf8Write };
