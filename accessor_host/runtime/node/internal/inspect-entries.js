'use strict';

// How inspect writes what is inside an object: properties, items, pairs and bytes.

const {
  arrayFilter,
  arrayJoin,
  arrayPush,
  each,
  entriesOfMap,
  functionCall,
  hasOwn,
  membersOfSet,
  numberToString,
  propertyIsEnumerable,
  regExpTest,
  stringPadStart,
  stringRepeat
} = primordials;

const { escapeBare, moreText, numberText, quote } = require('node/internal/inspect-text');

const MAX_INDEX = 2 ** 32 - 2;

function isIndex(key) {
  return typeof key === 'string' && regExpTest(/^(?:0|[1-9]\d*)$/, key) && Number(key) <= MAX_INDEX;
}

/**
 * List the properties to show.
 * @param {boolean} showHidden also the ones that loops do not see.
 */
function ownKeys(value, showHidden) {
  if (showHidden) return Reflect.ownKeys(value);
  const keys = Object.keys(value);
  for (const symbol of each(Object.getOwnPropertySymbols(value))) {
    if (propertyIsEnumerable(value, symbol)) arrayPush(keys, symbol);
  }
  return keys;
}

/** List the properties to show of something whose items are shown as a list. */
function extraKeys(value, showHidden) {
  // Indexes come first, so a plain long list is told from its last key.
  const keys = ownKeys(value, showHidden);
  if (keys.length > 0 && isIndex(keys[keys.length - 1])) return [];
  return arrayFilter(keys, (key) => !isIndex(key));
}

function keyText(ctx, key, enumerable) {
  if (typeof key === 'symbol') return '[' + ctx.stylize(escapeBare(String(key)), 'symbol') + ']';
  if (key === '__proto__') return "['__proto__']";
  if (!enumerable) return '[' + escapeBare(key) + ']';
  if (regExpTest(/^[a-zA-Z_][a-zA-Z_0-9]*$/, key)) return ctx.stylize(key, 'name');
  return ctx.stylize(quote(key), 'string');
}

function accessorText(ctx, value, descriptor, level) {
  const { get, set } = descriptor;
  const label = set === undefined ? 'Getter' : 'Getter/Setter';
  const wanted =
    ctx.getters === true ||
    (ctx.getters === 'get' && set === undefined) ||
    (ctx.getters === 'set' && set !== undefined);
  if (!wanted) return ctx.stylize('[' + label + ']', 'special');
  let shown;
  ctx.indentation += 2;
  try {
    const result = functionCall(get, value);
    if (result !== null && typeof result === 'object') {
      const text = ctx.formatValue(ctx, result, level);
      shown = ctx.stylize('[' + label + ']', 'special') + ' ' + text;
    } else {
      const text = ctx.formatValue(ctx, result, level);
      shown = ctx.stylize('[' + label + ':', 'special') + ' ' + text + ctx.stylize(']', 'special');
    }
  } catch (error) {
    const reason = '<Inspection threw (' + (error && error.message) + ')>';
    shown = ctx.stylize('[' + label + ':', 'special') + ' ' + reason + ctx.stylize(']', 'special');
  }
  ctx.indentation -= 2;
  return shown;
}

function slotText(ctx, value, descriptor, level) {
  if (hasOwn(descriptor, 'value')) return ctx.formatValue(ctx, descriptor.value, level);
  if (descriptor.get !== undefined) return accessorText(ctx, value, descriptor, level);
  if (descriptor.set !== undefined) return ctx.stylize('[Setter]', 'special');
  return ctx.stylize('undefined', 'undefined');
}

function describe(value, key) {
  return (
    Object.getOwnPropertyDescriptor(value, key) || {
      value: value[key],
      enumerable: true,
      configurable: true
    }
  );
}

/** Write "key: value". */
function property(ctx, value, key, level, isList) {
  const descriptor = describe(value, key);
  const inset = ctx.compact === true && !isList ? 3 : 2;
  ctx.indentation += inset;
  const shown = slotText(ctx, value, descriptor, level);
  const margin =
    inset === 3 && shown.length > ctx.breakLength ? '\n' + stringRepeat(' ', ctx.indentation) : ' ';
  ctx.indentation -= inset;
  return keyText(ctx, key, descriptor.enumerable) + ':' + margin + shown;
}

function item(ctx, list, index, level) {
  ctx.indentation += 2;
  const shown = slotText(ctx, list, describe(list, index), level);
  ctx.indentation -= 2;
  return shown;
}

function holeText(ctx, count) {
  const text = '<' + count + ' empty item' + (count > 1 ? 's' : '') + '>';
  return ctx.stylize(text, 'undefined');
}

/** Write the items of an array; a run of holes is one entry. */
function arrayEntries(ctx, list, level) {
  const limit = Math.min(ctx.maxArrayLength, list.length);
  const entries = [];
  let index = 0;
  while (index < list.length && entries.length < limit) {
    if (hasOwn(list, index)) {
      arrayPush(entries, item(ctx, list, index, level));
      index++;
    } else {
      const next = nextIndex(list, index);
      arrayPush(entries, holeText(ctx, next - index));
      index = next;
    }
  }
  if (index < list.length) arrayPush(entries, moreText(list.length - index, 'item'));
  return entries;
}

// A hole may be millions of items wide, so a few steps are tried before asking for all keys.
function nextIndex(list, from) {
  const near = Math.min(from + 100, list.length);
  for (let index = from; index < near; index++) {
    if (hasOwn(list, index)) return index;
  }
  if (near === list.length) return near;
  for (const key of each(Object.keys(list))) {
    if (!isIndex(key)) break;
    if (Number(key) >= near) return Number(key);
  }
  return list.length;
}

/** Write the numbers of a typed array. */
function typedArrayEntries(ctx, list, level) {
  const limit = Math.min(ctx.maxArrayLength, list.length);
  const entries = [];
  for (let i = 0; i < limit; i++) {
    const value = list[i];
    arrayPush(
      entries,
      typeof value === 'bigint'
        ? ctx.stylize(value + 'n', 'bigint')
        : ctx.stylize(numberText(value), 'number')
    );
  }
  if (list.length > limit) arrayPush(entries, moreText(list.length - limit, 'item'));
  if (ctx.showHidden) {
    ctx.indentation += 2;
    for (const key of each(['BYTES_PER_ELEMENT', 'length', 'byteLength', 'byteOffset', 'buffer'])) {
      arrayPush(entries, '[' + key + ']: ' + ctx.formatValue(ctx, list[key], level, true));
    }
    ctx.indentation -= 2;
  }
  return entries;
}

/** Write the members of a set. */
function setEntries(ctx, set, level) {
  return collectionEntries(ctx, membersOfSet(set), (member) => {
    return ctx.formatValue(ctx, member, level);
  });
}

/** Write the pairs of a map. */
function mapEntries(ctx, map, level) {
  return collectionEntries(ctx, entriesOfMap(map), (pair) => {
    return ctx.formatValue(ctx, pair[0], level) + ' => ' + ctx.formatValue(ctx, pair[1], level);
  });
}

function collectionEntries(ctx, members, write) {
  const entries = [];
  let left = 0;
  ctx.indentation += 2;
  for (const member of each(members)) {
    if (entries.length < ctx.maxArrayLength) arrayPush(entries, write(member));
    else left++;
  }
  ctx.indentation -= 2;
  if (left > 0) arrayPush(entries, moreText(left, 'item'));
  return entries;
}

/** Write the bytes of an ArrayBuffer as pairs of digits. */
function arrayBufferEntries(ctx, buffer) {
  let bytes;
  try {
    bytes = new Uint8Array(buffer);
  } catch (_) {
    return [ctx.stylize('(detached)', 'special')];
  }
  const pairs = [];
  const limit = Math.min(ctx.maxArrayLength, bytes.length);
  for (let i = 0; i < limit; i++)
    arrayPush(pairs, stringPadStart(numberToString(bytes[i], 16), 2, '0'));
  if (bytes.length > limit) arrayPush(pairs, moreText(bytes.length - limit, 'byte'));
  return [ctx.stylize('[Uint8Contents]', 'special') + ': <' + arrayJoin(pairs, ' ') + '>'];
}

module.exports = {
  arrayBufferEntries,
  arrayEntries,
  extraKeys,
  mapEntries,
  ownKeys,
  property,
  setEntries,
  typedArrayEntries
};
