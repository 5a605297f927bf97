'use strict';

// util.inspect: any value as text for people, written the way Node 20 writes it.

const {
  arrayConcat,
  arrayFind,
  arrayFrom,
  arrayJoin,
  arrayPush,
  arrayRemove,
  arraySlice,
  arraySort,
  arrayUnshift,
  dateTime,
  dateToISOString,
  each,
  functionCall,
  hasOwn,
  isArray,
  isNaN,
  propertyIsEnumerable,
  regExpTest,
  regExpToString,
  stringRepeat,
  stringSlice,
  stringSplit,
  symbolFor,
  typedArrayTag
} = primordials;

const types = require('node/internal/types');
const text = require('node/internal/inspect-text');
const entries = require('node/internal/inspect-entries');
const { layOut } = require('node/internal/inspect-layout');
const { className, errorBase, functionBase, prefixOf } = require('node/internal/inspect-names');

const CUSTOM = symbolFor('nodejs.util.inspect.custom');

// Text grows fast with unlimited depth; beyond this, one level is shown.
const MAX_TEXT = 2 ** 27;

const defaultOptions = Object.seal({
  showHidden: false,
  depth: 2,
  colors: false,
  customInspect: true,
  showProxy: false,
  maxArrayLength: 100,
  maxStringLength: 10000,
  breakLength: 80,
  compact: 3,
  sorted: false,
  getters: false,
  numericSeparator: false
});

/**
 * Describe a value.
 * @param {*} value Anything.
 * @param {object} [options] Node's options, or the old list (showHidden, depth, colors).
 */
function inspect(value, options) {
  const ctx = Object.assign({}, defaultOptions);
  if (typeof options === 'object' && options !== null) {
    applyOptions(ctx, options);
  } else if (arguments.length >= 2) {
    const [, showHidden, depth, colors] = each(arrayFrom(arguments));
    if (typeof showHidden === 'boolean') ctx.showHidden = showHidden;
    if (depth !== undefined) ctx.depth = depth;
    if (colors !== undefined) ctx.colors = colors;
  }
  if (ctx.stylize === undefined) {
    ctx.stylize = ctx.colors ? text.stylizeWithColor : text.stylizePlain;
  }
  if (ctx.maxArrayLength === null) ctx.maxArrayLength = Infinity;
  if (ctx.maxStringLength === null) ctx.maxStringLength = Infinity;
  ctx.maxArrayLength = Math.max(0, ctx.maxArrayLength);
  Object.assign(ctx, {
    formatValue,
    inspect,
    userOptions: typeof options === 'object' ? options : undefined,
    indentation: 0,
    deepest: 0,
    seen: new Set(),
    circular: undefined,
    written: 0
  });
  return formatValue(ctx, value, 0, false);
}

// Own names only: what a caller's options inherit is not meant for us.
function applyOptions(ctx, options) {
  for (const name of each(Object.keys(options))) {
    if (hasOwn(defaultOptions, name) || name === 'stylize') ctx[name] = options[name];
  }
}

function formatValue(ctx, value, level, isBackingStore) {
  const type = typeof value;
  if (value === null || (type !== 'object' && type !== 'function')) {
    return text.primitiveText(ctx, value);
  }
  if (ctx.customInspect) {
    const shown = formatCustom(ctx, value, level);
    if (shown !== undefined) return shown;
  }
  if (ctx.seen.has(value)) return circularText(ctx, value);
  return formatObject(ctx, value, level, isBackingStore);
}

function formatCustom(ctx, value, level) {
  let custom;
  try {
    custom = value[CUSTOM];
  } catch (_) {
    // A proxy may refuse; what can be told of it is told below.
    return undefined;
  }
  if (typeof custom !== 'function' || custom === inspect) return undefined;
  // A class's own prototype is shown as it is: the method is written for instances.
  const descriptor = Object.getOwnPropertyDescriptor(value, 'constructor');
  if (descriptor && descriptor.value && descriptor.value.prototype === value) return undefined;

  const depth = ctx.depth === null ? null : ctx.depth - level;
  const result = functionCall(custom, value, depth, optionsForCustom(ctx, depth), inspect);
  if (result === value) return undefined;
  if (typeof result === 'object') return formatValue(ctx, result, level);
  return arrayJoin(stringSplit(String(result), '\n'), '\n' + stringRepeat(' ', ctx.indentation));
}

function optionsForCustom(ctx, depth) {
  const options = Object.assign({}, ctx.userOptions);
  for (const name of each(Object.keys(defaultOptions))) options[name] = ctx[name];
  options.depth = depth;
  options.stylize = ctx.stylize;
  return options;
}

function circularText(ctx, value) {
  if (ctx.circular === undefined) ctx.circular = new Map();
  let index = ctx.circular.get(value);
  if (index === undefined) {
    index = ctx.circular.size + 1;
    ctx.circular.set(value, index);
  }
  return ctx.stylize('[Circular *' + index + ']', 'special');
}

function formatObject(ctx, value, level, isBackingStore) {
  let name;
  let shape;
  try {
    name = className(ctx, value, level);
    shape = shapeOf(ctx, value, name, tagOf(ctx, value), level, isBackingStore);
  } catch (error) {
    // A proxy's trap or a getter refused, and a log line should not fail for it.
    if (isStackOverflow(error)) throw error;
    return ctx.stylize('[uninspectable]', 'special');
  }
  if (shape.done !== undefined) return shape.done;
  if (ctx.depth !== null && level > ctx.depth) {
    const label = stringSlice(prefixOf(name, shape.tag, 'Object', ''), 0, -1);
    return ctx.stylize(name === null ? label : '[' + label + ']', 'special');
  }

  const inner = level + 1;
  ctx.seen.add(value);
  ctx.deepest = inner;
  let written;
  const { indentation } = ctx;
  try {
    written = shape.write === undefined ? [] : shape.write(ctx, value, inner);
    for (const key of each(shape.keys)) {
      arrayPush(written, entries.property(ctx, value, key, inner, shape.isList));
    }
  } catch (error) {
    if (!isStackOverflow(error)) throw error;
    ctx.indentation = indentation;
    ctx.seen.delete(value);
    const reason = ': Inspection interrupted prematurely. Maximum call stack size exceeded.]';
    return ctx.stylize(
      '[' + stringSlice(prefixOf(name, shape.tag, 'Object', ''), 0, -1) + reason,
      'special'
    );
  }
  ctx.seen.delete(value);
  markReference(ctx, value, shape);
  sortEntries(ctx, written, shape);
  const shown = layOut(ctx, written, shape, inner);
  ctx.written += shown.length;
  if (ctx.written > MAX_TEXT) ctx.depth = -1;
  return shown;
}

function isStackOverflow(error) {
  return (
    error !== null &&
    typeof error === 'object' &&
    (error.name === 'RangeError' || error.name === 'InternalError') &&
    regExpTest(/stack/, error.message)
  );
}

// An own enumerable tag is listed with the properties.
function tagOf(ctx, value) {
  const tag = value[Symbol.toStringTag];
  if (typeof tag !== 'string' || tag === '') return '';
  const listed = ctx.showHidden ? hasOwn : propertyIsEnumerable;
  return listed(value, Symbol.toStringTag) ? '' : tag;
}

function markReference(ctx, value, shape) {
  const index = ctx.circular === undefined ? undefined : ctx.circular.get(value);
  if (index === undefined) return;
  const mark = ctx.stylize('<ref *' + index + '>', 'special');
  if (ctx.compact === true) shape.braces[0] = mark + ' ' + shape.braces[0];
  else shape.base = shape.base === '' ? mark : mark + ' ' + shape.base;
}

function sortEntries(ctx, written, shape) {
  if (!ctx.sorted) return;
  const compare = ctx.sorted === true ? undefined : ctx.sorted;
  if (!shape.isList) {
    arraySort(written, compare);
  } else if (shape.keys.length > 1) {
    const from = written.length - shape.keys.length;
    const sorted = arraySort(arraySlice(written, from), compare);
    for (let i = 0; i < sorted.length; i++) written[from + i] = sorted[i];
  }
}

// What to show of an object: {done} when it is one text, else the text before the braces, the
// braces, a writer of what is not a property, and the properties.
function shapeOf(ctx, value, name, tag, level, isBackingStore) {
  const shape = {
    tag,
    value,
    base: '',
    braces: ['{', '}'],
    keys: [],
    write: undefined,
    isList: false,
    done: undefined
  };
  const list = listShape(ctx, shape, value, name, tag);
  if (list !== undefined) return list;

  shape.keys = entries.ownKeys(value, ctx.showHidden);
  const empty = shape.keys.length === 0;
  const open = (fallback) => {
    shape.braces[0] = prefixOf(name, tag, fallback, '') + '{';
    return shape;
  };

  if (typeof value === 'function') {
    shape.base = functionBase(value, name, tag);
    if (empty) shape.done = ctx.stylize(shape.base, 'special');
    return shape;
  }
  if (name === 'Object' && tag === '' && !types.isArgumentsObject(value)) {
    if (empty) shape.done = '{}';
    return shape;
  }
  if (types.isArgumentsObject(value)) {
    shape.braces[0] = '[Arguments] {';
    if (empty) shape.done = '[Arguments] {}';
  } else if (types.isRegExp(value)) {
    const prefix = prefixOf(name, tag, 'RegExp', '');
    const source = regExpToString(name === null ? new RegExp(value) : value);
    shape.base = prefix === 'RegExp ' ? source : prefix + source;
    const tooDeep = ctx.depth !== null && level > ctx.depth;
    if (empty || tooDeep) shape.done = ctx.stylize(shape.base, 'regexp');
  } else if (types.isDate(value)) {
    const prefix = prefixOf(name, tag, 'Date', '');
    const valid = !isNaN(dateTime(value));
    const moment = valid ? dateToISOString(value) : 'Invalid Date';
    shape.base = prefix === 'Date ' ? moment : prefix + moment;
    if (empty) shape.done = ctx.stylize(shape.base, 'date');
  } else if (types.isNativeError(value) || value instanceof Error) {
    shape.base = errorBase(ctx, value, name, tag, shape.keys);
    if (shape.keys.length === 0) shape.done = shape.base;
  } else if (types.isAnyArrayBuffer(value)) {
    const kind = types.isArrayBuffer(value) ? 'ArrayBuffer' : 'SharedArrayBuffer';
    open(kind);
    if (!isBackingStore) {
      shape.write = entries.arrayBufferEntries;
    } else if (empty) {
      const size = ctx.stylize(String(value.byteLength), 'number');
      shape.done = shape.braces[0] + ' byteLength: ' + size + ' }';
    }
    arrayUnshift(shape.keys, 'byteLength');
  } else if (types.isDataView(value)) {
    open('DataView').keys = arrayConcat(['byteLength', 'byteOffset', 'buffer'], shape.keys);
  } else if (types.isWeakSet(value) || types.isWeakMap(value)) {
    open(types.isWeakSet(value) ? 'WeakSet' : 'WeakMap');
    shape.write = () => [ctx.stylize('<items unknown>', 'special')];
  } else if (types.isBoxedPrimitive(value)) {
    boxedShape(ctx, shape, value, name, tag);
  } else {
    // The state of a promise cannot be read in these engines, so it is shown like any object.
    open(types.isPromise(value) ? 'Promise' : 'Object');
    if (empty) shape.done = shape.braces[0] + '}';
  }
  return shape;
}

function listShape(ctx, shape, value, name, tag) {
  const begin = (kind, size, braces, keys) => {
    const plain = kind === 'Array' && name === 'Array' && tag === '';
    const prefix = plain ? '' : prefixOf(name, tag, kind, '(' + size + ')');
    shape.braces = [prefix + braces[0], braces[1]];
    shape.keys = keys;
    if (size === 0 && keys.length === 0) shape.done = prefix + braces;
    return shape;
  };
  if (isArray(value)) {
    begin('Array', value.length, '[]', entries.extraKeys(value, ctx.showHidden));
    shape.isList = true;
    shape.write = entries.arrayEntries;
    return shape;
  }
  if (types.isTypedArray(value)) {
    const kind = typedArrayTag(value);
    begin(kind, value.length, '[]', entries.extraKeys(value, ctx.showHidden));
    if (ctx.showHidden) shape.done = undefined;
    shape.isList = true;
    shape.write = entries.typedArrayEntries;
    return shape;
  }
  if (types.isSet(value)) {
    const { size } = value;
    begin('Set', size, '{}', entries.ownKeys(value, ctx.showHidden)).write = entries.setEntries;
    return shape;
  }
  if (types.isMap(value)) {
    const { size } = value;
    begin('Map', size, '{}', entries.ownKeys(value, ctx.showHidden)).write = entries.mapEntries;
    return shape;
  }
  return undefined;
}

function boxedShape(ctx, shape, value, name, tag) {
  const Base = arrayFind([Number, String, Boolean, Symbol, BigInt], (candidate) => {
    return types['is' + candidate.name + 'Object'](value);
  });
  const primitive = functionCall(Base.prototype.valueOf, value);
  if (Base === String) {
    // The characters are keys too, and the first ones.
    arrayRemove(shape.keys, 0, value.length);
  }
  let base = '[' + Base.name;
  if (name === null) base += ' (null prototype)';
  else if (name !== Base.name) base += ' (' + name + ')';
  const plain = Object.assign({}, ctx, { stylize: text.stylizePlain });
  base += ': ' + text.primitiveText(plain, primitive) + ']';
  if (tag !== '' && tag !== name) base += ' [' + tag + ']';
  if (shape.keys.length === 0) shape.done = ctx.stylize(base, typeof primitive);
  shape.base = base;
}

Object.assign(inspect, { custom: CUSTOM, colors: text.colors, styles: text.styles });

module.exports = { defaultOptions, inspect };
