'use strict';

// What a value really is, told by its internal slots rather than by its names. This is
// `util.types`, and what inspect and the deep comparison decide by.

const {
  each,
  functionCall,
  isNativeError,
  isView,
  natives,
  objectToString,
  typedArrayTag
} = primordials;

function getter(prototype, key) {
  return Object.getOwnPropertyDescriptor(prototype, key).get;
}

// A throw is slow here (it records a stack), so the probe runs only on likely values. One without
// a prototype may be anything.
function brand(Base, probe) {
  return function (value) {
    if (value === null || typeof value !== 'object') return false;
    try {
      if (!(value instanceof Base) && Object.getPrototypeOf(value) !== null) return false;
      functionCall(probe, value);
      return true;
    } catch (_) {
      return false;
    }
  };
}

const isDate = brand(Date, Date.prototype.getTime);
const isMap = brand(natives.Map, getter(natives.Map.prototype, 'size'));
const isSet = brand(natives.Set, getter(natives.Set.prototype, 'size'));
const isWeakMap = brand(natives.WeakMap, function () {
  functionCall(WeakMap.prototype.has, this, isDate);
});
const isWeakSet = brand(natives.WeakSet, function () {
  functionCall(WeakSet.prototype.has, this, isDate);
});
const isArrayBuffer = brand(ArrayBuffer, getter(ArrayBuffer.prototype, 'byteLength'));
const isSharedArrayBuffer =
  typeof SharedArrayBuffer === 'function'
    ? brand(SharedArrayBuffer, getter(SharedArrayBuffer.prototype, 'byteLength'))
    : () => false;
const isDataView = brand(DataView, getter(DataView.prototype, 'byteLength'));
const isNumberObject = brand(Number, Number.prototype.valueOf);
const isStringObject = brand(String, String.prototype.valueOf);
const isBooleanObject = brand(Boolean, Boolean.prototype.valueOf);
const isSymbolObject = brand(Symbol, Symbol.prototype.valueOf);
const isBigIntObject = brand(BigInt, BigInt.prototype.valueOf);

const regExpSource = getter(RegExp.prototype, 'source');
const isRegExpLike = brand(RegExp, regExpSource);

// The prototype answers `source` too, without being an expression.
function isRegExp(value) {
  return value !== natives.RegExpPrototype && isRegExpLike(value);
}

// Nothing but `then` could prove it, and that would mark a rejection as handled.
function isPromise(value) {
  return (
    value instanceof Promise &&
    value !== natives.PromisePrototype &&
    objectToString(value) === '[object Promise]'
  );
}

function tagOf(value) {
  return isView(value) ? typedArrayTag(value) : undefined;
}

function isTypedArray(value) {
  return tagOf(value) !== undefined;
}

function hasTag(tag, type) {
  const text = '[object ' + tag + ']';
  return (value) => typeof value === type && value !== null && objectToString(value) === text;
}

const isAsyncFunctionOnly = hasTag('AsyncFunction', 'function');
const isGeneratorOnly = hasTag('GeneratorFunction', 'function');
const isAsyncGenerator = hasTag('AsyncGeneratorFunction', 'function');
const hasArgumentsTag = hasTag('Arguments', 'object');

function isArgumentsObject(value) {
  return hasArgumentsTag(value) && !(Symbol.toStringTag in value);
}

function isBoxedPrimitive(value) {
  return (
    isNumberObject(value) ||
    isStringObject(value) ||
    isBooleanObject(value) ||
    isSymbolObject(value) ||
    isBigIntObject(value)
  );
}

const types = {
  isAnyArrayBuffer: (value) => isArrayBuffer(value) || isSharedArrayBuffer(value),
  isArgumentsObject,
  isArrayBuffer,
  isArrayBufferView: isView,
  isAsyncFunction: (value) => isAsyncFunctionOnly(value) || isAsyncGenerator(value),
  isBigIntObject,
  isBooleanObject,
  isBoxedPrimitive,
  isDataView,
  isDate,
  isExternal: () => false,
  isGeneratorFunction: (value) => isGeneratorOnly(value) || isAsyncGenerator(value),
  isGeneratorObject: hasTag('Generator', 'object'),
  isMap,
  isMapIterator: hasTag('Map Iterator', 'object'),
  isModuleNamespaceObject: hasTag('Module', 'object'),
  isNativeError,
  isNumberObject,
  isPromise,
  // A proxy hides completely in these engines.
  isProxy: () => false,
  isRegExp,
  isSet,
  isSetIterator: hasTag('Set Iterator', 'object'),
  isSharedArrayBuffer,
  isStringObject,
  isSymbolObject,
  isTypedArray,
  isWeakMap,
  isWeakSet
};

for (const name of each([
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array'
])) {
  types['is' + name] = (value) => tagOf(value) === name;
}

module.exports = types;
