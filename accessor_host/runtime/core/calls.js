'use strict';

// Calls between scripts and Python, in both directions.

const { apply, each, errorStack, promiseThen, setErrorStack, stringReplace } = primordials;

const dispatch = require('core/dispatch');
const { expectMicrotasks } = require('core/microtasks');

const pending = new Map();
let nextCall = 1;

/**
 * Call a function, and tell Python what it returned, or what its promise was settled with.
 * @param {number} id of the call
 * @param {function(): function} find returns the function
 * @param {string} argumentsText its arguments, a JSON array
 * @param {function(*): string} write makes JSON of the result
 */
exports.answer = function answer(id, find, argumentsText, write = host.stringify) {
  let result;
  // Python waits for an answer in any case.
  dispatch.whenStopped(() => fail(id, new Error(dispatch.describeRunning() + ' was stopped')));
  try {
    result = apply(find(), undefined, host.fromJson(argumentsText));
  } catch (error) {
    dispatch.whenStopped(null);
    fail(id, error);
    return;
  }
  dispatch.whenStopped(null);
  if (result instanceof Promise) {
    expectMicrotasks();
    promiseThen(
      result,
      (value) => succeed(id, value, write),
      (error) => fail(id, error)
    );
    return;
  }
  succeed(id, result, write);
};

function succeed(id, value, write) {
  let text;
  try {
    // `undefined` has no JSON form; Python has None for it and for null alike.
    text = write(value) || null;
  } catch (error) {
    fail(id, error);
    return;
  }
  host.operation('result', id, text);
}

function fail(id, error) {
  host.operation('failure', id, ...each(dispatch.tell(error)));
}

/**
 * Return a function that calls one of Python's.
 * @param {string} name
 * @param {boolean} asynchronous whether it returns a promise
 */
exports.pythonFunction = function pythonFunction(name, asynchronous) {
  return asynchronous ? asynchronousFunction(name) : synchronousFunction(name);
};

/** Settle the promise of an asynchronous Python function. */
exports.settle = function settle(id, succeeded, text) {
  const promise = pending.get(id);
  pending.delete(id);
  if (succeeded) promise.resolve(text === null ? undefined : host.fromJson(text));
  else promise.reject(pythonError(host.fromJson(text)));
};

function synchronousFunction(name) {
  return define(name, (...args) => {
    const answer = host.askText(
      'call',
      '[' + host.toJson(name) + ',' + host.listToJson(args) + ']'
    );
    if (answer.error !== undefined) throw pythonError(answer.error);
    return answer.value === null ? undefined : answer.value;
  });
}

function asynchronousFunction(name) {
  expectMicrotasks();
  return define(name, (...args) => {
    const id = nextCall++;
    host.operation('invoke', id, name, host.listToJson(args));
    return new Promise((resolve, reject) => pending.set(id, { resolve, reject }));
  });
}

function define(name, call) {
  return Object.defineProperty(call, 'name', { __proto__: null, value: name });
}

function pythonError(description) {
  const error = new Error(description.message);
  error.name = description.name;
  if (description.code !== undefined) error.code = description.code;
  return setErrorStack(
    error,
    stringReplace(String(errorStack(error)), /^Error/, description.name)
  );
}
