'use strict';

// The runtime's own events: the main script, timers, and calls between scripts and Python.

const dispatch = require('internal/dispatch');
const modules = require('internal/modules');
const timers = require('internal/timers');

let main = null;
const pending = new Map();
let nextCall = 1;

const handlers = {
  /** Take files that were found beforehand, as a JSON text. */
  preload(found) {
    modules.preload(host.fromJson(found));
  },

  /** Run the main script. */
  main(file) {
    main = null;
    main = modules.runMain(host.fromJson(file));
  },

  /** Tell Python whether the main script loaded: an event of its own, as a script that was
   * stopped in the middle tells nothing any more. */
  loaded() {
    host.operation('main', main !== null);
  },

  timer: timers.fire,

  /** Call a function that the main script exports, or a global one. */
  call(id, name, argumentsText) {
    answer(id, () => findFunction(name), argumentsText);
  },

  /** Take accessor classes that were found beforehand, as a JSON text. */
  classes(found) {
    require('accessors/library').preload(host.fromJson(found));
  },

  /** Call one of the functions that Python's objects for accessors use. */
  control(id, name, argumentsText) {
    answer(id, () => require('accessors/control')[name], argumentsText);
  },

  /** Nothing: an event in which what an earlier one left over can go on. */
  continue() {},

  /** Settle the promise of an asynchronous Python function. */
  settle(id, succeeded, text) {
    const promise = pending.get(id);
    pending.delete(id);
    if (succeeded) promise.resolve(text === null ? undefined : host.fromJson(text));
    else promise.reject(pythonError(host.fromJson(text)));
  },

  /** Define a global whose value is JSON. */
  value(name, text) {
    globalThis[name] = host.fromJson(text);
  },

  /** Define a global function that calls Python. */
  function(name, asynchronous) {
    globalThis[name] = asynchronous ? asynchronousFunction(name) : synchronousFunction(name);
  }
};

/** Let the runtime receive its events. */
exports.install = function install() {
  dispatch.openRuntime({
    [host.receive](type, a, b, c) {
      handlers[type](a, b, c);
    },

    [host.describe](type, a, b) {
      return type in descriptions ? descriptions[type](a, b) : ['the host', undefined];
    }
  });
};

const descriptions = {
  main: (file) => [`the script ${host.fromJson(file).path}`, undefined],
  timer: (id) => ['the callback of a timer', timers.callbackOf(id)],
  call: (id, name) => [`the function ${name}, called from Python`, findFunction(name)],
  control: (id, name) =>
    require('accessors/running').describe() || [
      name === 'evaluate' ? 'the line' : 'the host',
      undefined
    ],
  settle: () => ['the callback of a promise', undefined]
};

function answer(id, find, argumentsText) {
  let result;
  // Python waits for an answer in any case.
  dispatch.whenStopped(() => fail(id, new Error(`${dispatch.describeRunning()} was stopped`)));
  try {
    result = find().apply(undefined, host.fromJson(argumentsText));
  } catch (error) {
    dispatch.whenStopped(null);
    fail(id, error);
    return;
  }
  dispatch.whenStopped(null);
  if (result instanceof Promise) {
    modules.expectMicrotasks();
    result.then((value) => succeed(id, value), (error) => fail(id, error));
    return;
  }
  succeed(id, result);
}

function findFunction(name) {
  const exported = main === null ? undefined : main.exports[name];
  const found = typeof exported === 'function' ? exported : globalThis[name];
  if (typeof found === 'function') return found;
  throw new TypeError(`the script has no function '${name}', exported or global`);
}

function succeed(id, value) {
  let text;
  try {
    // `undefined` has no JSON form; Python has None for it and for null alike.
    text = host.toJson(value) || null;
  } catch (error) {
    fail(id, error);
    return;
  }
  host.operation('result', id, text);
}

function fail(id, error) {
  const { inspect } = require('util');
  host.operation('failure', id, String(error), inspect(error));
}

function synchronousFunction(name) {
  return define(name, (...args) => {
    const answer = host.ask('call', [name, args]);
    if (answer.error !== undefined) throw pythonError(answer.error);
    return answer.value === null ? undefined : answer.value;
  });
}

function asynchronousFunction(name) {
  modules.expectMicrotasks();
  return define(name, (...args) => {
    const id = nextCall++;
    host.operation('invoke', id, name, host.toJson(args));
    return new Promise((resolve, reject) => pending.set(id, { resolve, reject }));
  });
}

function define(name, call) {
  return Object.defineProperty(call, 'name', { value: name });
}

function pythonError(description) {
  const error = new Error(description.message);
  error.name = description.name;
  if (description.code !== undefined) error.code = description.code;
  error.stack = error.stack.replace(/^Error/, description.name);
  return error;
}
