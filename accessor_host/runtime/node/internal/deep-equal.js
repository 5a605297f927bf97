'use strict';

// util.isDeepStrictEqual: the same structure, kinds and values, whatever the identity.

const {
  arrayEvery,
  arrayFind,
  arrayLastIndexOf,
  arrayPop,
  arrayPush,
  each,
  entriesOfMap,
  isArray,
  isView,
  membersOfSet,
  objectToString,
  propertyIsEnumerable
} = primordials;

const types = require('node/internal/types');
const { ownKeys } = require('node/internal/inspect-entries');

/** Tell whether two values are structurally the same. */
function isDeepStrictEqual(left, right) {
  return equal(left, right, { lefts: [], rights: [] });
}

function isObject(value) {
  return value !== null && typeof value === 'object';
}

function equal(left, right, path) {
  if (Object.is(left, right)) return true;
  if (!isObject(left) || !isObject(right)) return false;
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return false;
  if (objectToString(left) !== objectToString(right)) return false;

  // Two structures that loop are equal when they loop at the same place.
  const at = arrayLastIndexOf(path.lefts, left);
  if (at !== -1) return path.rights[at] === right;
  arrayPush(path.lefts, left);
  arrayPush(path.rights, right);
  const result = equalContents(left, right, path);
  arrayPop(path.lefts);
  arrayPop(path.rights);
  return result;
}

function equalContents(left, right, path) {
  const kind = kindOf(left);
  if (kind !== kindOf(right)) return false;
  if (kind !== undefined && !kind.equal(left, right, path)) return false;
  return equalKeys(left, right, path, kind !== undefined && kind.indexed === true);
}

function equalKeys(left, right, path, skip) {
  // The items of typed arrays are compared already.
  if (skip) return true;
  const keys = ownKeys(left, false);
  if (keys.length !== ownKeys(right, false).length) return false;
  return arrayEvery(
    keys,
    (key) => propertyIsEnumerable(right, key) && equal(left[key], right[key], path)
  );
}

const KINDS = [
  { is: isArray, equal: (left, right) => left.length === right.length },
  {
    is: types.isDate,
    equal: (left, right) => Object.is(left.getTime(), right.getTime())
  },
  {
    is: types.isRegExp,
    equal: (left, right) => {
      return (
        left.source === right.source &&
        left.flags === right.flags &&
        left.lastIndex === right.lastIndex
      );
    }
  },
  {
    is: types.isNativeError,
    equal: (left, right, path) => {
      return (
        left.message === right.message &&
        left.name === right.name &&
        equal(left.cause, right.cause, path) &&
        equal(left.errors, right.errors, path)
      );
    }
  },
  { is: isView, indexed: true, equal: equalBytes },
  {
    is: types.isAnyArrayBuffer,
    equal: (left, right) => equalBytes(new Uint8Array(left), new Uint8Array(right))
  },
  { is: types.isSet, equal: equalSets },
  { is: types.isMap, equal: equalMaps },
  {
    is: types.isBoxedPrimitive,
    equal: (left, right) => Object.is(left.valueOf(), right.valueOf())
  }
];

function kindOf(value) {
  return arrayFind(KINDS, (kind) => kind.is(value));
}

function equalBytes(left, right) {
  if (left.byteLength !== right.byteLength) return false;
  if (types.isFloat32Array(left) || types.isFloat64Array(left)) {
    return arrayEvery(left, (number, index) => Object.is(number, right[index]));
  }
  const a = new Uint8Array(left.buffer, left.byteOffset, left.byteLength);
  const b = new Uint8Array(right.buffer, right.byteOffset, right.byteLength);
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

// Members that are objects may be in another order, so each is looked up among the rest.
function equalSets(left, right, path) {
  if (left.size !== right.size) return false;
  const rest = new Set(membersOfSet(right));
  for (const member of each(membersOfSet(left))) {
    if (rest.delete(member)) continue;
    const twin = isObject(member) && find(rest, (other) => equal(member, other, path));
    if (!twin) return false;
    rest.delete(twin);
  }
  return true;
}

function equalMaps(left, right, path) {
  if (left.size !== right.size) return false;
  const rest = new Map(entriesOfMap(right));
  for (const entry of each(entriesOfMap(left))) {
    const [key, value] = each(entry);
    let twin = key;
    if (!rest.has(key) || !equal(value, rest.get(key), path)) {
      if (!isObject(key)) return false;
      twin = find(rest.keys(), (other) => {
        return equal(key, other, path) && equal(value, rest.get(other), path);
      });
      if (twin === undefined) return false;
    }
    rest.delete(twin);
  }
  return true;
}

function find(items, test) {
  for (const item of each(items)) {
    if (isObject(item) && test(item)) return item;
  }
  return undefined;
}

module.exports = { isDeepStrictEqual };
