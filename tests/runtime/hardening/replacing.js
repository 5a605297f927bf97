// Defines `replace(mode, select)`: replaces every function and accessor of the language that a script
// can reach and change; and `replacer(mode)`, which does it one by one. `recorded()` returns the texts
// that went through the replacements.
const { replace, replacer, recorded } = (() => {
  'use strict'; // A text must be recorded as it is, not as an object.
  const { apply, construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } =
    Reflect;
  const isFunction = (value) => typeof value === 'function';
  const isObject = (value) => (typeof value === 'object' && value !== null) || isFunction(value);

  function hidden() {
    const frames = { at: null };
    const { prepareStackTrace } = Error;
    Error.prepareStackTrace = (_, list) => {
      frames.at = list[0];
    };
    void new Error().stack;
    Error.prepareStackTrace = prepareStackTrace;
    return [
      [].values(),
      new Map().entries(),
      new Set().values(),
      ''[Symbol.iterator](),
      'a'.matchAll(/a/g),
      (function* () {})(),
      async () => {},
      (async function* () {})(),
      frames.at
    ];
  }

  // Owners and keys of all that can be replaced, as far as they can be reached from globals.
  function places() {
    const found = [];
    const queue = [[globalThis, 'globalThis'], ...hidden().map((value, i) => [value, 'hidden' + i])];
    const seen = new Set();
    while (queue.length > 0) {
      const [owner, path] = queue.shift();
      if (!isObject(owner) || seen.has(owner)) continue;
      seen.add(owner);
      queue.push([getPrototypeOf(owner), path + '.__proto__']);
      for (const key of ownKeys(owner)) {
        const descriptor = getOwnPropertyDescriptor(owner, key);
        const place = path + '.' + String(key);
        for (const part of ['value', 'get', 'set']) queue.push([descriptor[part], place]);
        const isFixed = !descriptor.configurable && !descriptor.writable;
        if (!isFixed) found.push({ owner, key, descriptor, path });
      }
    }
    return found;
  }

  let texts = '';
  function record(value, depth) {
    if (typeof value === 'string') texts += value + '\n';
    if (depth === 0 || !isObject(value)) return;
    const keys = ownKeys(value);
    for (let i = 0; i < keys.length; i++) {
      const descriptor = getOwnPropertyDescriptor(value, keys[i]);
      if (descriptor !== undefined && 'value' in descriptor) record(descriptor.value, depth - 1);
    }
  }

  function replacement(mode, original) {
    if (!isFunction(original)) return original;
    if (mode === 'throw') {
      return function () {
        throw 'replaced';
      };
    }
    const recorder = function (...args) {
      record(this, 2);
      record(args, 3);
      return new.target ? construct(original, args, original) : apply(original, this, args);
    };
    recorder.prototype = original.prototype;
    return recorder;
  }

  // Each with its property as it is, and as it is to be.
  function changes(mode, select) {
    const list = places();
    const all = [];
    for (let i = 0; i < list.length; i++) {
      const { owner, key, path, descriptor } = list[i];
      if (!select(path, key)) continue;
      const changed = { __proto__: null, configurable: descriptor.configurable };
      changed.enumerable = descriptor.enumerable;
      if ('value' in descriptor) {
        if (!isFunction(descriptor.value)) continue;
        changed.value = replacement(mode, descriptor.value);
        changed.writable = descriptor.writable;
      } else {
        changed.get = replacement(mode, descriptor.get);
        changed.set = replacement(mode, descriptor.set);
      }
      Object.setPrototypeOf(descriptor, null);
      all.push({ owner, key, name: path + '.' + String(key), descriptor, changed });
    }
    return all;
  }

  function replace(mode, select) {
    const all = changes(mode, select);
    const { length } = all;
    for (let i = 0; i < length; i++) defineProperty(all[i].owner, all[i].key, all[i].changed);
    return length;
  }

  function replacer(mode) {
    const all = changes(mode, () => true);
    return {
      count: all.length,
      nameOf: (i) => all[i].name,
      change: (i) => defineProperty(all[i].owner, all[i].key, all[i].changed) === true,
      undo: (i) => defineProperty(all[i].owner, all[i].key, all[i].descriptor) === true
    };
  }

  return { replace, replacer, recorded: () => texts };
})();
