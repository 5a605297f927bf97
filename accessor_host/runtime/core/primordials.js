'use strict';

// The language as it is before the first script. Scripts can replace every function and accessor of
// it, and would then see or change what passes through. So the files of the runtime and the host's
// modules call the functions below, and never a method of an array, a text or a function.
//
// Nor may they use template literals, which one engine makes by the method `concat`.
//
// Two things make that short. `names` and `values` shadow globals in those files: there, `Object`,
// `Math` and `Map` are the copies made here, and constructors are the ones of the start. And `each`
// goes through a list in `for...of`, in destructuring and in spreading, which would otherwise ask
// the replaceable iterator of arrays.

const { apply } = Reflect;
const { create, defineProperty, freeze, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf } =
  Object;
const { isArray } = Array;
const TypedArray = getPrototypeOf(Uint8Array);

// `uncurry(f)(self, a)` is `f.call(self, a)`.
const uncurry = Function.prototype.bind.bind(Function.prototype.call);

const slot = { __proto__: null, writable: true, enumerable: true, configurable: true };

/** Append an item, and return the new length. The native `push` heeds setters of scripts. */
function arrayPush(list, item) {
  slot.value = item;
  defineProperty(list, list.length, slot);
  slot.value = undefined;
  return list.length;
}

const stringIndexOf = uncurry(String.prototype.indexOf);
const stringSlice = uncurry(String.prototype.slice);
const regExpExec = uncurry(RegExp.prototype.exec);
const mapForEach = uncurry(Map.prototype.forEach);
const setForEach = uncurry(Set.prototype.forEach);

// A list's items one after another: iterator, iterable and result in one.
class Walk {
  constructor(list) {
    this.list = list;
    this.at = 0;
    this.done = false;
    this.value = undefined;
  }

  next() {
    if (this.at < this.list.length) {
      this.value = this.list[this.at++];
    } else {
      this.done = true;
      this.value = undefined;
    }
    return this;
  }
}
defineProperty(Walk.prototype, Symbol.iterator, {
  __proto__: null,
  value() {
    return this;
  }
});
// What a loop looks for when it is left early must not be found on Object.prototype.
setPrototypeOf(Walk.prototype, null);

/** Go through an array, or through a Set or Map of the runtime. */
function each(list) {
  return new Walk(isArray(list) ? list : list.toList());
}

// The native ones ask an array's constructor, or its prototype's, what to make.

function arrayMap(list, make) {
  const made = [];
  for (let i = 0; i < list.length; i++) arrayPush(made, make(list[i], i));
  return made;
}

function arrayFlatMap(list, make) {
  const made = [];
  for (let i = 0; i < list.length; i++) {
    const items = make(list[i], i);
    if (isArray(items)) for (let j = 0; j < items.length; j++) arrayPush(made, items[j]);
    else arrayPush(made, items);
  }
  return made;
}

function arrayFilter(list, isWanted) {
  const wanted = [];
  for (let i = 0; i < list.length; i++) if (isWanted(list[i], i)) arrayPush(wanted, list[i]);
  return wanted;
}

/** Copy an array, or something like one, from an index up to another. */
function arraySlice(list, start = 0, end = list.length) {
  const copy = [];
  const first = start < 0 ? list.length + start : start;
  const last = end < 0 ? list.length + end : end;
  for (let i = first < 0 ? 0 : first; i < last && i < list.length; i++) arrayPush(copy, list[i]);
  return copy;
}

/** Prepend an item. */
function arrayUnshift(list, item) {
  arrayPush(list, item);
  for (let i = list.length - 1; i > 0; i--) list[i] = list[i - 1];
  list[0] = item;
}

/** Join arrays and single items to a new array. */
function arrayConcat(...parts) {
  return arrayFlatMap(parts, (part) => part);
}

/** Make an array of the items of something with a length. */
function arrayFrom(list, make = (item) => item) {
  const made = [];
  for (let i = 0; i < list.length; i++) arrayPush(made, make(list[i], i));
  return made;
}

/** Remove items of an array, one unless told otherwise. */
function arrayRemove(list, at, count = 1) {
  for (let i = at; i + count < list.length; i++) list[i] = list[i + count];
  list.length -= count;
}

const stackGetter = (getOwnPropertyDescriptor(Error.prototype, 'stack') || {}).get;

/** Return the stack of an error, whatever a script made of the accessor that some engines have. */
function errorStack(error) {
  try {
    return error.stack;
  } catch {
    return stackGetter === undefined ? undefined : apply(stackGetter, error, []);
  }
}

const lineGetter = (getOwnPropertyDescriptor(Function.prototype, 'lineNumber') || {}).get;

/** Return the line of a function, whatever a script made of the accessor that engines have. */
function functionLine(func) {
  return lineGetter === undefined ? func.lineNumber : apply(lineGetter, func, []);
}

/** Give an error another stack, past the setter that some engines have. */
function setErrorStack(error, value) {
  return defineProperty(error, 'stack', {
    __proto__: null,
    value,
    writable: true,
    enumerable: false,
    configurable: true
  });
}

function regExpTest(pattern, text) {
  return regExpExec(pattern, text) !== null;
}

// The native ones ask their separator, or the methods of a pattern, how to do it.

/** Split a text at a separator, another text. */
function stringSplit(text, separator) {
  const parts = [];
  let from = 0;
  for (;;) {
    const at = stringIndexOf(text, separator, from);
    if (at === -1) break;
    arrayPush(parts, stringSlice(text, from, at));
    from = at + separator.length;
  }
  arrayPush(parts, stringSlice(text, from));
  return parts;
}

/**
 * Replace the first occurrence of a text or pattern, or all that a global pattern finds.
 * @param {string} text
 * @param {string|RegExp} pattern
 * @param {string|function(...string): string} replacement taken as it is; or a function of the
 *   match and its groups
 */
function stringReplace(text, pattern, replacement) {
  if (typeof pattern === 'string') {
    const at = stringIndexOf(text, pattern);
    if (at === -1) return text;
    const rest = stringSlice(text, at + pattern.length);
    return stringSlice(text, 0, at) + textFor([pattern], replacement) + rest;
  }
  const isGlobal = apply(isGlobalPattern, pattern, []);
  let replaced = '';
  let from = 0;
  pattern.lastIndex = 0;
  for (;;) {
    const match = regExpExec(pattern, text);
    if (match === null) break;
    replaced += stringSlice(text, from, match.index) + textFor(match, replacement);
    from = match.index + match[0].length;
    if (!isGlobal) break;
    if (match[0] === '') pattern.lastIndex++;
  }
  pattern.lastIndex = 0;
  return replaced + stringSlice(text, from);
}

const isGlobalPattern = getOwnPropertyDescriptor(RegExp.prototype, 'global').get;

function textFor(match, replacement) {
  return typeof replacement === 'string' ? replacement : apply(replacement, undefined, match);
}

// With methods of their own, that nobody else can reach: those of the prototypes can be replaced.
function seal(Safe, Native, listOf) {
  const { prototype } = Safe;
  const names = Object.getOwnPropertyNames(Native.prototype);
  for (let i = 0; i < names.length; i++) {
    const descriptor = getOwnPropertyDescriptor(Native.prototype, names[i]);
    if (names[i] !== 'constructor') defineProperty(prototype, names[i], descriptor);
  }
  for (const name in listOf) {
    defineProperty(prototype, name, { __proto__: null, value: listOf[name] });
  }
  setPrototypeOf(prototype, null);
  freeze(prototype);
}

function keysOf() {
  const list = [];
  mapForEach(this, (_, key) => arrayPush(list, key));
  return list;
}

function valuesOf() {
  const list = [];
  mapForEach(this, (value) => arrayPush(list, value));
  return list;
}

function entriesOf() {
  const list = [];
  mapForEach(this, (value, key) => arrayPush(list, [key, value]));
  return list;
}

function membersOf() {
  const list = [];
  setForEach(this, (member) => arrayPush(list, member));
  return list;
}

class SafeMap extends Map {
  /** @param {Array} [entries] of the map */
  constructor(entries = []) {
    super();
    for (let i = 0; i < entries.length; i++) this.set(entries[i][0], entries[i][1]);
  }
}
seal(SafeMap, Map, { keys: keysOf, values: valuesOf, entries: entriesOf, toList: entriesOf });

class SafeSet extends Set {
  /** @param {Array} [members] of the set */
  constructor(members = []) {
    super();
    for (let i = 0; i < members.length; i++) this.add(members[i]);
  }
}
seal(SafeSet, Set, { keys: membersOf, values: membersOf, toList: membersOf });

class SafeWeakMap extends WeakMap {}
seal(SafeWeakMap, WeakMap, {});

class SafeWeakSet extends WeakSet {}
seal(SafeWeakSet, WeakSet, {});

function copyOf(namespace) {
  const copy = create(null);
  const names = Object.getOwnPropertyNames(namespace);
  for (let i = 0; i < names.length; i++) {
    defineProperty(copy, names[i], getOwnPropertyDescriptor(namespace, names[i]));
  }
  return freeze(copy);
}

// How the prototypes of what is printed most are called.
const names = new SafeMap();
for (const Class of [
  Object,
  Array,
  Function,
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  InternalError
]) {
  names.set(Class.prototype, Class.name);
}

const shadows = {
  __proto__: null,
  Array,
  ArrayBuffer,
  BigInt,
  Boolean,
  DataView,
  Date,
  Error,
  InternalError,
  JSON: copyOf(JSON),
  Map: SafeMap,
  Math: copyOf(Math),
  Number,
  Object: copyOf(Object),
  Promise,
  Proxy,
  RangeError,
  Reflect: copyOf(Reflect),
  RegExp,
  Set: SafeSet,
  SharedArrayBuffer: globalThis.SharedArrayBuffer,
  String,
  Symbol,
  SyntaxError,
  TypeError,
  Uint8Array,
  WeakMap: SafeWeakMap,
  WeakSet: SafeWeakSet,
  decodeURIComponent,
  encodeURIComponent,
  escape,
  parseFloat,
  parseInt,
  unescape
};

/** Names of the globals that are shadowed in the files of the runtime and the modules. */
exports.names = Object.keys(shadows);

/** What each of `names` stands for there. */
exports.values = arrayMap(exports.names, (name) => shadows[name]);

/** What those files call, under the name `primordials`. */
exports.primordials = freeze({
  __proto__: null,
  apply,
  arrayConcat,
  arrayEvery: uncurry(Array.prototype.every),
  arrayFilter,
  arrayFind: uncurry(Array.prototype.find),
  arrayFindIndex: uncurry(Array.prototype.findIndex),
  arrayFlatMap,
  arrayForEach: uncurry(Array.prototype.forEach),
  arrayFrom,
  arrayIncludes: uncurry(Array.prototype.includes),
  arrayIndexOf: uncurry(Array.prototype.indexOf),
  arrayJoin: uncurry(Array.prototype.join),
  arrayLastIndexOf: uncurry(Array.prototype.lastIndexOf),
  arrayMap,
  arrayPop: uncurry(Array.prototype.pop),
  arrayPush,
  arrayReduce: uncurry(Array.prototype.reduce),
  arrayRemove,
  arrayReverse: uncurry(Array.prototype.reverse),
  arrayShift: uncurry(Array.prototype.shift),
  arraySlice,
  arraySome: uncurry(Array.prototype.some),
  arraySort: uncurry(Array.prototype.sort),
  arrayUnshift,
  functionCall: uncurry(Function.prototype.call),
  captureStackTrace: Error.captureStackTrace,
  dateNow: Date.now,
  dateTime: uncurry(Date.prototype.getTime),
  dateToISOString: uncurry(Date.prototype.toISOString),
  each,
  entriesOfMap: uncurry(entriesOf),
  errorStack,
  errorToString: uncurry(Error.prototype.toString),
  fromCharCode: String.fromCharCode,
  functionBind: uncurry(Function.prototype.bind),
  functionLine,
  functionToString: uncurry(Function.prototype.toString),
  hasOwn: uncurry(Object.prototype.hasOwnProperty),
  isArray,
  isFinite: Number.isFinite,
  isInteger: Number.isInteger,
  isNaN: Number.isNaN,
  isNativeError: Error.isError || ((value) => value instanceof Error),
  isView: ArrayBuffer.isView,
  membersOfSet: uncurry(membersOf),
  natives: freeze({
    __proto__: null,
    Map,
    names,
    ObjectPrototype: Object.prototype,
    PromisePrototype: Promise.prototype,
    RegExpPrototype: RegExp.prototype,
    Set,
    setFromBase64: Uint8Array.prototype.setFromBase64,
    toBase64: Uint8Array.prototype.toBase64,
    TypedArray,
    WeakMap,
    WeakSet
  }),
  numberToFixed: uncurry(Number.prototype.toFixed),
  numberToString: uncurry(Number.prototype.toString),
  objectToString: uncurry(Object.prototype.toString),
  promiseThen: uncurry(Promise.prototype.then),
  propertyIsEnumerable: uncurry(Object.prototype.propertyIsEnumerable),
  regExpExec,
  regExpTest,
  regExpToString: uncurry(RegExp.prototype.toString),
  setErrorStack,
  stringCharCodeAt: uncurry(String.prototype.charCodeAt),
  stringEndsWith: uncurry(String.prototype.endsWith),
  stringIncludes: uncurry(String.prototype.includes),
  stringIndexOf,
  stringIsWellFormed: uncurry(String.prototype.isWellFormed),
  stringLastIndexOf: uncurry(String.prototype.lastIndexOf),
  stringNormalize: uncurry(String.prototype.normalize),
  stringPadEnd: uncurry(String.prototype.padEnd),
  stringPadStart: uncurry(String.prototype.padStart),
  stringRepeat: uncurry(String.prototype.repeat),
  stringReplace,
  stringSlice,
  stringSplit,
  stringStartsWith: uncurry(String.prototype.startsWith),
  stringToLowerCase: uncurry(String.prototype.toLowerCase),
  stringToUpperCase: uncurry(String.prototype.toUpperCase),
  stringTrim: uncurry(String.prototype.trim),
  symbolFor: Symbol.for,
  typedArrayFill: uncurry(TypedArray.prototype.fill),
  typedArrayLength: uncurry(getOwnPropertyDescriptor(TypedArray.prototype, 'length').get),
  typedArraySet: uncurry(TypedArray.prototype.set),
  typedArraySubarray: uncurry(TypedArray.prototype.subarray),
  typedArrayTag: uncurry(getOwnPropertyDescriptor(TypedArray.prototype, Symbol.toStringTag).get)
});
