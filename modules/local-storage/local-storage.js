'use strict';

// The module local-storage of the specification. The texts and their files are Python's
// (accessor_host/modules/local_storage/binding.py), which is asked in the middle of an event.

const { arrayIncludes, each, isInteger } = primordials;

const { wrongType } = require('kit/errors');
const options = require('kit/options');
const { ask } = require('kit/questions');

const SCHEMA = 'local-storage';

/**
 * Open the store in a folder, which is created if need be; every other function uses the store
 * that was opened last.
 * @param {object} [given] options, see schemas/local-storage.schema.json
 * @throws {TypeError} an option's value is not allowed
 * @throws {Error} the folder cannot be used; `code` says why
 */
exports.initSync = function initSync(given) {
  const warnings = ask('storage.open', options.resolve(SCHEMA, given));
  for (const warning of each(warnings)) host.warn(warning);
};

/**
 * Return the value of a key, or null when there is none.
 * @throws {Error} `initSync` was not called; so do all the following
 */
exports.getItem = function getItem(key) {
  return ask('storage.get', textOf('key', key));
};

/**
 * Store a value under a key; it is on the disk when this returns.
 * @param {string} key
 * @param {string} value
 * @throws {TypeError} key or value is neither a string nor a number, bigint or boolean
 * @throws {Error} nothing was stored; `code` says why
 */
exports.setItem = function setItem(key, value) {
  ask('storage.set', textOf('key', key), textOf('value', value));
};

/**
 * Remove a key, if there is one.
 * @throws {Error} it could not be removed; `code` says why
 */
exports.remove = function remove(key) {
  ask('storage.remove', textOf('key', key));
};

/** As `remove`: its name in older accessors and in browsers. */
exports.removeItem = exports.remove;

/**
 * Remove every key.
 * @throws {Error} something could not be removed; `code` says why
 */
exports.clear = function clear() {
  ask('storage.clear');
};

/**
 * Return the n-th key, from 0, or null when there are not that many. Keys are sorted.
 * @param {number} index
 */
exports.key = function key(index) {
  return ask('storage.key', isInteger(index) ? index : -1);
};

/** Return the number of keys. */
exports.length = function length() {
  return ask('storage.length');
};

// What is text in an obvious way is taken for it. `[object Object]` is not what anybody means.
function textOf(name, value) {
  if (typeof value === 'string') return value;
  if (arrayIncludes(['number', 'bigint', 'boolean'], typeof value)) return String(value);
  throw wrongType(name, 'of type string', value);
}
