'use strict';

// The runtime's own events. What only some scripts need is loaded when there is one for it.

const dispatch = require('core/dispatch');
const modules = require('core/modules');

let main = null;

const handlers = {
  __proto__: null,

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

  timer(id) {
    require('node/internal/timers').fire(id);
  },

  /** Call a function that the main script exports, or a global one. */
  call(id, name, argumentsText) {
    calls().answer(id, () => findFunction(name), argumentsText);
  },

  /** Take another part of the runtime, as a JSON text, and load the file that begins it. */
  extend(entry, sources) {
    Object.assign(host.bundle.runtime, host.fromJson(sources));
    const part = host.requireBuiltin(entry);
    Object.assign(handlers, part.handlers);
    Object.assign(descriptions, part.descriptions);
  },

  /** Nothing: an event in which what an earlier one left over can go on. */
  continue() {},

  /** Settle the promise of an asynchronous Python function. */
  settle(id, succeeded, text) {
    calls().settle(id, succeeded, text);
  },

  /** Define a global whose value is JSON. */
  value(name, text) {
    globalThis[name] = host.fromJson(text);
  },

  /** Define a global function that calls Python. */
  function(name, asynchronous) {
    globalThis[name] = calls().pythonFunction(name, asynchronous);
  }
};

/** Let the runtime receive its events. */
exports.install = function install() {
  dispatch.openRuntime({
    receive(type, a, b, c) {
      handlers[type](a, b, c);
    },

    describe(type, a, b) {
      return type in descriptions ? descriptions[type](a, b) : ['the host', undefined];
    }
  });
};

const descriptions = {
  __proto__: null,
  main: (file) => ['the script ' + host.fromJson(file).path, undefined],
  timer: (id) => ['the callback of a timer', require('node/internal/timers').callbackOf(id)],
  call: (id, name) => ['the function ' + name + ', called from Python', findFunction(name)],
  settle: () => ['the callback of a promise', undefined]
};

function calls() {
  return require('core/calls');
}

function findFunction(name) {
  const exported = main === null ? undefined : main.exports[name];
  const found = typeof exported === 'function' ? exported : globalThis[name];
  if (typeof found === 'function') return found;
  throw new TypeError("the script has no function '" + name + "', exported or global");
}
