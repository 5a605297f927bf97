'use strict';

// require('node/buffer'): Node's Buffer, a Uint8Array that also knows text and numbers.

const {
  arrayConcat,
  arrayFrom,
  arrayJoin,
  arrayMap,
  arrayReverse,
  arraySlice,
  each,
  isArray,
  isInteger,
  isView,
  numberToString,
  regExpTest,
  stringPadStart,
  stringReplace,
  symbolFor,
  typedArrayFill,
  typedArraySet,
  typedArraySubarray
} = primordials;

const numbers = require('node/internal/buffer-numbers');
const types = require('node/internal/types');
const { codedError, outOfRange, wrongType } = require('node/internal/coded-error');
const {
  base64,
  encodeText,
  encodingOf,
  findEncoding,
  latin1
} = require('node/internal/buffer-encodings');
const { compareBytes, search } = require('node/internal/buffer-search');
const { utf8Read } = require('node/internal/utf8');

// The most bytes an ArrayBuffer holds in these engines, and the longest string.
const MAX_LENGTH = 2 ** 31 - 1;
const MAX_STRING_LENGTH = 2 ** 30 - 1;
const INSPECT_BYTES = 50;
// Listing the keys of a long array is slow, and it is hardly ever given other properties.
const MAX_LENGTH_WITH_EXTRAS = 4096;

const CUSTOM_INSPECT = symbolFor('nodejs.util.inspect.custom');
const TypedArray = Object.getPrototypeOf(Uint8Array);
const BYTES = 'an instance of Buffer or Uint8Array';

class FastBuffer extends Uint8Array {}

/** Make a buffer as `Buffer.from` does, or for a number as `Buffer.alloc` does. */
function Buffer(value, encodingOrOffset, length) {
  if (typeof value !== 'number') return Buffer.from(value, encodingOrOffset, length);
  if (typeof encodingOrOffset === 'string') throw wrongType('string', 'of type string', value);
  return Buffer.alloc(value);
}

Object.setPrototypeOf(Buffer, Uint8Array);
Buffer.prototype = FastBuffer.prototype;

function isBytes(value) {
  return value instanceof Uint8Array;
}

function checkBytes(name, value) {
  if (!isBytes(value)) throw wrongType(name, BYTES, value);
}

function checkLength(size) {
  if (typeof size !== 'number') throw wrongType('size', 'of type number', size);
  if (!(size >= 0 && size <= MAX_LENGTH)) {
    throw outOfRange('size', '>= 0 && <= ' + MAX_LENGTH, size);
  }
}

// A position as the methods below take it: whole, and between two limits.
function clamp(value, lowest, highest, absent) {
  if (value === undefined) return absent;
  const position = Math.trunc(Number(value)) || 0;
  return Math.min(Math.max(position, lowest), highest);
}

function checkPosition(name, value, highest) {
  if (typeof value !== 'number') throw wrongType(name, 'of type number', value);
  if (!isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value < 0 || value > highest) throw outOfRange(name, '>= 0 && <= ' + highest, value);
  return value;
}

function fromArrayLike(list) {
  const length = list.length > 0 ? Math.min(Math.trunc(list.length), MAX_LENGTH) : 0;
  const result = new FastBuffer(length);
  if (isBytes(list)) typedArraySet(result, list);
  else for (let i = 0; i < length; i++) result[i] = list[i];
  return result;
}

function fromArrayBuffer(memory, byteOffset, length) {
  const offset = byteOffset === undefined ? 0 : Number(byteOffset) || 0;
  const most = memory.byteLength - offset;
  const outside = (name) => {
    return codedError(
      RangeError,
      'ERR_BUFFER_OUT_OF_BOUNDS',
      '"' + name + '" is outside of buffer bounds'
    );
  };
  if (most < 0) throw outside('offset');
  let size = most;
  if (length !== undefined) {
    size = Math.max(Number(length) || 0, 0);
    if (size > most) throw outside('length');
  }
  return new FastBuffer(memory, offset, size);
}

function fromObject(value) {
  if (value.length !== undefined || types.isAnyArrayBuffer(value.buffer)) {
    return typeof value.length === 'number' ? fromArrayLike(value) : new FastBuffer(0);
  }
  if (value.type === 'Buffer' && isArray(value.data)) return fromArrayLike(value.data);
  return undefined;
}

/**
 * Copy a string, array or buffer, or wrap an ArrayBuffer.
 * @param {string|Array|Uint8Array|ArrayBuffer|object} value What to take the bytes of.
 * @param {string|number} [encodingOrOffset] Of a string; or where to begin in an ArrayBuffer.
 * @param {number} [length] How much of an ArrayBuffer.
 * @throws {TypeError} for anything that has no bytes.
 */
function from(value, encodingOrOffset, length) {
  if (typeof value === 'string') {
    return new FastBuffer(encodeText(value, encodingOf(encodingOrOffset)));
  }
  if (typeof value === 'object' && value !== null) {
    if (types.isAnyArrayBuffer(value)) return fromArrayBuffer(value, encodingOrOffset, length);
    const plain = value.valueOf && value.valueOf();
    const differs = plain !== null && plain !== undefined && plain !== value;
    if (differs && (typeof plain === 'string' || typeof plain === 'object')) {
      return from(plain, encodingOrOffset, length);
    }
    const result = fromObject(value);
    if (result !== undefined) return result;
    if (typeof value[Symbol.toPrimitive] === 'function') {
      const primitive = value[Symbol.toPrimitive]('string');
      if (typeof primitive === 'string') return from(primitive, encodingOrOffset);
    }
  }
  throw wrongType(
    'first argument',
    'of type string or an instance of Buffer, ArrayBuffer, ' + 'or Array or an Array-like Object',
    value
  );
}

/** Make a buffer of a size, zero or filled. */
function alloc(size, fill, encoding) {
  checkLength(size);
  const result = new FastBuffer(size);
  if (fill !== undefined && fill !== 0 && size > 0) result.fill(fill, encoding);
  return result;
}

/** Make a buffer of a size; these engines always clear memory. */
function allocUnsafe(size) {
  return alloc(size);
}

/**
 * Join buffers.
 * @param {Uint8Array[]} list In this order.
 * @param {number} [total] Size of the result: cut, or filled up with zeros.
 */
function concat(list, total) {
  if (!isArray(list)) throw wrongType('list', 'an instance of Array', list);
  if (list.length === 0) return new FastBuffer(0);
  let size = 0;
  for (let i = 0; i < list.length; i++) {
    checkBytes('list[' + i + ']', list[i]);
    size += list[i].length;
  }
  if (total !== undefined) size = checkPosition('length', total, MAX_LENGTH);
  const result = new FastBuffer(size);
  let at = 0;
  for (const part of each(list)) {
    const room = size - at;
    if (room <= 0) break;
    typedArraySet(result, part.length > room ? typedArraySubarray(part, 0, room) : part, at);
    at += part.length;
  }
  return result;
}

/** Count the bytes of a string in an encoding, or of anything with bytes. */
function byteLength(value, encoding) {
  if (typeof value === 'string') return (findEncoding(encoding) || encodingOf()).byteLength(value);
  if (isView(value) || types.isAnyArrayBuffer(value)) return value.byteLength;
  throw wrongType('string', 'of type string or an instance of Buffer or ArrayBuffer', value);
}

/** Order two buffers: -1, 0 or 1. */
function compare(left, right) {
  checkBytes('buf1', left);
  checkBytes('buf2', right);
  return compareBytes(left, right);
}

const statics = {
  alloc,
  allocUnsafe,
  allocUnsafeSlow: allocUnsafe,
  byteLength,
  compare,
  concat,
  from,
  isBuffer: (value) => value instanceof FastBuffer,
  isEncoding: (name) => findEncoding(name) !== undefined,
  of: (...items) => fromArrayLike(items)
};

const methods = {
  /** Read as text; a position outside means the nearest end. */
  toString(encoding, start, end) {
    const first = clamp(start, 0, this.length, 0);
    const last = clamp(end, 0, this.length, this.length);
    if (last <= first) return '';
    return encodingOf(encoding).read(this, first, last);
  },

  toJSON() {
    return { type: 'Buffer', data: arrayFrom(this) };
  },

  equals(other) {
    checkBytes('otherBuffer', other);
    return this === other || (this.length === other.length && compareBytes(this, other) === 0);
  },

  compare(target, targetStart, targetEnd, sourceStart, sourceEnd) {
    checkBytes('target', target);
    const range = (bytes, names, start, end) => {
      const first = start === undefined ? 0 : checkPosition(names[0], start, MAX_LENGTH);
      const last = end === undefined ? bytes.length : checkPosition(names[1], end, bytes.length);
      return typedArraySubarray(bytes, first, Math.max(first, last));
    };
    const other = range(target, ['targetStart', 'targetEnd'], targetStart, targetEnd);
    const own = range(this, ['sourceStart', 'sourceEnd'], sourceStart, sourceEnd);
    return compareBytes(own, other);
  },

  /** Make a buffer on the same memory; negative positions count from the end. */
  slice(start, end) {
    return typedArraySubarray(this, start, end);
  },

  subarray(start, end) {
    return typedArraySubarray(this, start, end);
  },

  /** Copy bytes into another array, as far as they fit; returns their count. */
  copy(target, targetStart, sourceStart, sourceEnd) {
    checkBytes('target', target);
    const at = Math.trunc(Number(targetStart)) || 0;
    if (at < 0) throw outOfRange('targetStart', '>= 0', at);
    const first = Math.trunc(Number(sourceStart)) || 0;
    if (first < 0 || first > this.length) {
      throw outOfRange('sourceStart', '>= 0 && <= ' + this.length, first);
    }
    let last = sourceEnd === undefined ? this.length : Math.trunc(Number(sourceEnd)) || 0;
    if (last < 0) throw outOfRange('sourceEnd', '>= 0', last);
    last = Math.min(last, this.length, first + Math.max(target.length - at, 0));
    if (last <= first) return 0;
    typedArraySet(target, typedArraySubarray(this, first, last), at);
    return last - first;
  },

  /** Repeat a byte, a text or bytes over a range. */
  fill(value, start, end, encodingName) {
    let [from, to, name] = each([start, end, encodingName]);
    if (typeof from === 'string') [from, to, name] = each([undefined, undefined, from]);
    else if (typeof to === 'string') [to, name] = each([undefined, to]);
    const first = from === undefined ? 0 : checkPosition('offset', from, MAX_LENGTH);
    const last = to === undefined ? this.length : checkPosition('end', to, this.length);

    let unit = value;
    if (typeof value === 'string') {
      const encoding = encodingOf(name);
      unit = value === '' ? 0 : new Uint8Array(encodeText(value, encoding));
    }
    if (!isBytes(unit)) return typedArrayFill(this, Number(unit) & 255, first, last);
    if (unit.length === 0) {
      const text =
        "The argument 'value' is invalid. Received " +
        require('node/internal/inspect').inspect(value);
      throw codedError(TypeError, 'ERR_INVALID_ARG_VALUE', text);
    }
    for (let at = first; at < last; at++) this[at] = unit[(at - first) % unit.length];
    return this;
  },

  /** Write a text, as much as fits; returns the count of bytes. */
  write(text, offset, length, encodingName) {
    if (typeof text !== 'string') {
      throw codedError(TypeError, 'ERR_INVALID_ARG_TYPE', 'argument must be a string');
    }
    let [at, count, name] = each([offset, length, encodingName]);
    if (typeof at === 'string') [at, count, name] = each([undefined, undefined, at]);
    else if (typeof count === 'string') [count, name] = each([undefined, count]);
    const first = at === undefined ? 0 : checkPosition('offset', at, this.length);
    const room = this.length - first;
    const most = count === undefined ? room : Math.min(checkPosition('length', count, room), room);
    return encodingOf(name).write(text, this, first, first + most);
  },

  indexOf(value, byteOffset, encoding) {
    return search(this, value, byteOffset, encoding, true);
  },

  lastIndexOf(value, byteOffset, encoding) {
    return search(this, value, byteOffset, encoding, false);
  },

  includes(value, byteOffset, encoding) {
    return search(this, value, byteOffset, encoding, true) !== -1;
  },

  swap16() {
    return swap(this, 2);
  },

  swap32() {
    return swap(this, 4);
  },

  swap64() {
    return swap(this, 8);
  },

  [CUSTOM_INSPECT](depth, options) {
    const shown = arrayFrom(typedArraySubarray(this, 0, INSPECT_BYTES));
    const parts = [
      arrayJoin(
        arrayMap(shown, (byte) => stringPadStart(numberToString(byte, 16), 2, '0')),
        ' '
      )
    ];
    const more = this.length - INSPECT_BYTES;
    if (more > 0) parts[0] += ' ... ' + more + ' more byte' + (more > 1 ? 's' : '');
    const extras = this.length > MAX_LENGTH_WITH_EXTRAS ? [] : extraProperties(this, options);
    return '<' + this.constructor.name + ' ' + arrayJoin(arrayConcat(parts, extras), ', ') + '>';
  }
};

methods.toLocaleString = methods.toString;

function extraProperties(buffer, options) {
  const { inspect } = require('node/internal/inspect');
  return arrayMap(arraySlice(Object.keys(buffer), buffer.length), (key) => {
    return key + ': ' + inspect(buffer[key], Object.assign({}, options, { breakLength: Infinity }));
  });
}

function swap(buffer, size) {
  if (buffer.length % size !== 0) {
    const text = 'Buffer size must be a multiple of ' + size * 8 + '-bits';
    throw codedError(RangeError, 'ERR_INVALID_BUFFER_SIZE', text);
  }
  for (let at = 0; at < buffer.length; at += size) {
    arrayReverse(typedArraySubarray(buffer, at, at + size));
  }
  return buffer;
}

function defineAll(target, members) {
  for (const key of each(Reflect.ownKeys(members))) {
    const value = members[key];
    Object.defineProperty(target, key, {
      __proto__: null,
      value,
      writable: true,
      configurable: true
    });
  }
}

defineAll(Buffer, statics);
defineAll(Buffer.prototype, methods);
defineAll(Buffer.prototype, { constructor: Buffer });
numbers.install(Buffer.prototype);
Buffer.poolSize = 8192;
// map, filter and slice of the language make their results with this.
Object.defineProperty(Buffer, Symbol.species, {
  __proto__: null,
  configurable: true,
  get: () => FastBuffer
});

function invalidCharacter(text) {
  const error = new Error(text);
  error.name = 'InvalidCharacterError';
  error.code = 5;
  return error;
}

/**
 * Decode base64 into a string of bytes.
 * @throws {Error} named InvalidCharacterError, when it is not base64.
 */
function atob(input) {
  let text = stringReplace(String(input), /[\t\n\f\r ]/g, '');
  if (text.length % 4 === 0) text = stringReplace(text, /==?$/, '');
  if (!regExpTest(/^[A-Za-z0-9+/]*$/, text)) throw invalidCharacter('Invalid character');
  if (text.length % 4 === 1) {
    throw invalidCharacter('The string to be decoded is not correctly encoded.');
  }
  const bytes = new Uint8Array(encodeText(text, base64));
  return latin1.read(bytes, 0, bytes.length);
}

/**
 * Encode a string of bytes as base64.
 * @throws {Error} named InvalidCharacterError, when a character is no byte.
 */
function btoa(input) {
  const text = String(input);
  if (!regExpTest(/^[\x00-\xff]*$/, text)) throw invalidCharacter('Invalid character');
  const bytes = new Uint8Array(encodeText(text, latin1));
  return base64.read(bytes, 0, bytes.length);
}

/** Tell whether bytes are well-formed UTF-8. */
function isUtf8(input) {
  const bytes = isView(input)
    ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
    : new Uint8Array(input);
  try {
    utf8Read(bytes, 0, bytes.length, true);
    return true;
  } catch (_) {
    return false;
  }
}

module.exports = {
  Buffer,
  INSPECT_MAX_BYTES: INSPECT_BYTES,
  atob,
  btoa,
  constants: { MAX_LENGTH, MAX_STRING_LENGTH },
  isUtf8,
  kMaxLength: MAX_LENGTH,
  kStringMaxLength: MAX_STRING_LENGTH
};
