'use strict';

// Reading and writing numbers in a Buffer: readInt16LE, writeDoubleBE and their kin.

const { each, functionCall, isInteger, isNaN, stringReplace, stringStartsWith } = primordials;

const { codedError, outOfRange, wrongType } = require('node/internal/coded-error');

function outOfBounds() {
  return codedError(
    RangeError,
    'ERR_BUFFER_OUT_OF_BOUNDS',
    'Attempt to access memory outside buffer bounds'
  );
}

function checkOffset(bytes, offset, size) {
  if (typeof offset !== 'number') throw wrongType('offset', 'of type number', offset);
  const last = bytes.length - size;
  if (offset >= 0 && offset <= last && isInteger(offset)) return;
  if (Math.floor(offset) !== offset) throw outOfRange('offset', 'an integer', offset);
  if (last < 0) throw outOfBounds();
  throw outOfRange('offset', '>= 0 and <= ' + last, offset);
}

function viewOf(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function checkInteger(value, size, signed, big) {
  const bits = size * 8;
  const unit = big ? BigInt : Number;
  const suffix = big ? 'n' : '';
  const limit = unit(2) ** unit(signed ? bits - 1 : bits);
  const lowest = signed ? -limit : unit(0);
  if (value >= lowest && value < limit) return;
  // A NaN passes: it is written as 0, as in a typed array.
  if (isNaN(value)) return;
  let range = '>= ' + lowest + suffix + ' and <= ' + (limit - unit(1)) + suffix;
  if (size > 4) {
    const power = '2' + suffix + ' ** ' + (signed ? bits - 1 : bits) + suffix;
    range = '>= ' + (signed ? '-(' + power + ')' : '0' + suffix) + ' and < ' + power;
  }
  throw outOfRange('value', range, value);
}

// Name in the method, size, name in DataView, and the kind of value.
const KINDS = [
  ['Int8', 1, 'Int8', 'signed'],
  ['UInt8', 1, 'Uint8', 'unsigned'],
  ['Int16', 2, 'Int16', 'signed'],
  ['UInt16', 2, 'Uint16', 'unsigned'],
  ['Int32', 4, 'Int32', 'signed'],
  ['UInt32', 4, 'Uint32', 'unsigned'],
  ['BigInt64', 8, 'BigInt64', 'signed'],
  ['BigUInt64', 8, 'BigUint64', 'unsigned'],
  ['Float', 4, 'Float32', 'float'],
  ['Double', 8, 'Float64', 'float']
];

function define(prototype, name, method) {
  const descriptor = { value: method, writable: true, configurable: true };
  Object.defineProperty(prototype, name, descriptor);
  // Node spells each unsigned method in two ways.
  const alias = stringReplace(name, 'UInt', 'Uint');
  if (alias !== name) Object.defineProperty(prototype, alias, descriptor);
}

function defineKind(prototype, suffix, littleEndian, description) {
  const [name, size, viewName, kind] = each(description);
  const getter = DataView.prototype['get' + viewName];
  const setter = DataView.prototype['set' + viewName];
  const big = stringStartsWith(viewName, 'Big');

  define(prototype, 'read' + name + suffix, function (offset = 0) {
    checkOffset(this, offset, size);
    return functionCall(getter, viewOf(this), offset, littleEndian);
  });

  define(prototype, 'write' + name + suffix, function (value, offset = 0) {
    const number = big ? value : Number(value);
    if (big && typeof value !== 'bigint') throw wrongType('value', 'of type bigint', value);
    if (kind !== 'float') checkInteger(number, size, kind === 'signed', big);
    checkOffset(this, offset, size);
    functionCall(setter, viewOf(this), offset, number, littleEndian);
    return offset + size;
  });
}

function checkSize(size) {
  if (typeof size !== 'number') throw wrongType('byteLength', 'of type number', size);
  if (!isInteger(size)) throw outOfRange('byteLength', 'an integer', size);
  if (size < 1 || size > 6) throw outOfRange('byteLength', '>= 1 and <= 6', size);
}

// One to six bytes: more would not be exact in a number.
function defineSized(prototype, suffix, littleEndian, signed) {
  const name = (signed ? 'Int' : 'UInt') + suffix;
  // The place of the digit with that power of 256.
  const place = (size, power) => (littleEndian ? power : size - 1 - power);

  define(prototype, 'read' + name, function (offset, size) {
    checkSize(size);
    checkOffset(this, offset, size);
    let value = 0;
    for (let power = size - 1; power >= 0; power--) {
      value = value * 256 + this[offset + place(size, power)];
    }
    const limit = 2 ** (size * 8);
    return signed && value >= limit / 2 ? value - limit : value;
  });

  define(prototype, 'write' + name, function (value, offset, size) {
    checkSize(size);
    const number = Number(value);
    checkInteger(number, size, signed, false);
    checkOffset(this, offset, size);
    let rest = Math.trunc(number) || 0;
    if (rest < 0) rest += 2 ** (size * 8);
    for (let power = 0; power < size; power++) {
      this[offset + place(size, power)] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    return offset + size;
  });
}

/** Define all of them on a prototype of byte arrays. */
function install(prototype) {
  for (const kind of each(KINDS)) {
    if (kind[1] === 1) {
      defineKind(prototype, '', true, kind);
    } else {
      defineKind(prototype, 'LE', true, kind);
      defineKind(prototype, 'BE', false, kind);
    }
  }
  for (const signed of each([true, false])) {
    defineSized(prototype, 'LE', true, signed);
    defineSized(prototype, 'BE', false, signed);
  }
}

module.exports = { install };
