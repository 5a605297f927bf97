'use strict';

// The far end of the shell: lines as global code, their values and errors on standard output.

const { arrayFind } = primordials;

const library = require('accessors/library');
const { expectMicrotasksOf } = require('core/microtasks');
const { inspect } = require('node/internal/inspect');

// A line may do anything to the globals.
const { log } = console;
const { Function: Compiler, String: Text } = globalThis;

/**
 * Give lines a `require`.
 * @param {string} directory where relative requests start
 */
exports.open = function open(directory) {
  Object.defineProperty(globalThis, 'require', {
    __proto__: null,
    value: library.requireFrom({ path: 'the shell', directory }),
    writable: true,
    configurable: true,
    enumerable: false
  });
};

/**
 * Evaluate a line and print its value, or its error.
 * @param {string} name what stack traces call it
 * @param {Array<string>} forms the line in several forms; the first that compiles is taken
 */
exports.evaluate = function evaluate(name, forms) {
  const source = arrayFind(forms, (form, index) => index === forms.length - 1 || compiles(form));
  expectMicrotasksOf(source);
  let value;
  try {
    value = host.evaluateGlobal(name, source);
  } catch (error) {
    print(describe(error));
    return;
  }
  print(value);
};

function compiles(source) {
  try {
    return Boolean(new Compiler(source));
  } catch {
    return false;
  }
}

function print(value) {
  try {
    log(value);
  } catch (error) {
    log('a value that cannot be shown: ' + describe(error));
  }
}

function describe(error) {
  try {
    const isObject = error !== null && (typeof error === 'object' || typeof error === 'function');
    return isObject && !(error instanceof Error) ? inspect(error) : Text(error);
  } catch {
    return 'an error that cannot be shown';
  }
}
