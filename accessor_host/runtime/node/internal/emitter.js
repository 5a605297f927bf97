'use strict';

// Node's EventEmitter, and a faster way to emit for the host's modules.
//
// The listener table appears on an object when it is first needed, so a subclass that never calls
// this constructor, or an object that only borrowed these methods, has a table of its own. One
// listener is kept as the bare function and several as an array: most events have one, and then
// `emit` needs no copy.

const {
  apply,
  arrayConcat,
  arrayFilter,
  arrayMap,
  arrayPush,
  arrayRemove,
  arraySlice,
  arrayUnshift,
  each,
  functionCall,
  hasOwn,
  objectToString
} = primordials;

/** Key of an EventEmitter's own state: `{handlers, ...}`, its listeners by event. */
const STATE = Symbol('listeners');
const errorMonitor = Symbol('events.errorMonitor');

let defaultMaxListeners = 10;

function EventEmitter() {
  if (!hasOwn(this, STATE)) createState(this);
}

function createState(emitter) {
  const state = {
    // No prototype: `constructor` and `__proto__` are event names like any other.
    handlers: Object.create(null),
    maxListeners: undefined,
    warned: undefined
  };
  // Hidden from loops, JSON and console.log.
  Object.defineProperty(emitter, STATE, { __proto__: null, value: state, configurable: true });
  return state;
}

// An object made with another emitter as its prototype must not use that emitter's table.
function peekState(emitter) {
  const state = emitter[STATE];
  if (state === undefined) return undefined;
  return hasOwn(emitter, STATE) ? state : undefined;
}

function checkListener(listener) {
  if (typeof listener !== 'function') {
    throw errors().wrongType('listener', 'of type function', listener);
  }
}

/**
 * Call every listener of an event, in the order they were added.
 * @returns {boolean} whether there was a listener.
 * @throws the argument of `error`, when nobody listens to that.
 */
function emit(type, a, b, c) {
  const state = peekState(this);
  const handler = state === undefined ? undefined : state.handlers[type];
  if (type === 'error') {
    if (state !== undefined && state.handlers[errorMonitor] !== undefined) {
      apply(emit, this, arrayConcat([errorMonitor], arraySlice(arguments, 1)));
    }
    if (handler === undefined) throw unhandledError(a);
  }
  if (handler === undefined) return false;

  const count = arguments.length;
  if (typeof handler === 'function') {
    if (count === 2) functionCall(handler, this, a);
    else if (count === 1) functionCall(handler, this);
    else if (count === 3) functionCall(handler, this, a, b);
    else if (count === 4) functionCall(handler, this, a, b, c);
    else apply(handler, this, arraySlice(arguments, 1));
    return true;
  }

  // A copy: listeners may add and remove listeners while they run.
  const snapshot = arraySlice(handler);
  if (count === 2) {
    for (let i = 0; i < snapshot.length; i++) functionCall(snapshot[i], this, a);
  } else {
    const args = arraySlice(arguments, 1);
    for (let i = 0; i < snapshot.length; i++) apply(snapshot[i], this, args);
  }
  return true;
}

/**
 * Emit an event other than `error` with one argument, for the modules of the host.
 * A message has one listener mostly, and making `arguments` takes longer than finding it.
 * @param {EventEmitter} emitter one that the constructor has made
 */
function emitOne(emitter, type, value) {
  const state = emitter.emit === emit ? emitter[STATE] : undefined;
  const handler = state === undefined ? undefined : state.handlers[type];
  if (typeof handler === 'function') functionCall(handler, emitter, value);
  else emitter.emit(type, value);
}

/** Emit an event other than `error` with two arguments, as `emitOne` does with one. */
function emitTwo(emitter, type, first, second) {
  const state = emitter.emit === emit ? emitter[STATE] : undefined;
  const handler = state === undefined ? undefined : state.handlers[type];
  if (typeof handler === 'function') functionCall(handler, emitter, first, second);
  else emitter.emit(type, first, second);
}

// Loaded when something is wrong.
function errors() {
  return require('node/internal/coded-error');
}

function unhandledError(value) {
  if (value instanceof Error) return value;
  let shown;
  try {
    shown = require('node/internal/inspect').inspect(value);
  } catch (_) {
    shown = objectToString(value);
  }
  const { codedError } = errors();
  const error = codedError(Error, 'ERR_UNHANDLED_ERROR', 'Unhandled error. (' + shown + ')');
  error.context = value;
  return error;
}

function add(emitter, type, listener, first) {
  checkListener(listener);
  let state = peekState(emitter);
  if (state === undefined) {
    state = createState(emitter);
  } else if (state.handlers.newListener !== undefined) {
    // Told before the table changes, so that a listener of newListener can come first.
    emitter.emit('newListener', type, listener.listener ? listener.listener : listener);
  }
  const handlers = state.handlers;
  const present = handlers[type];
  if (present === undefined) {
    handlers[type] = listener;
    return emitter;
  }
  if (typeof present === 'function') {
    handlers[type] = first ? [listener, present] : [present, listener];
  } else if (first) {
    arrayUnshift(present, listener);
  } else {
    arrayPush(present, listener);
  }
  warnOfLeak(emitter, state, type, handlers[type].length);
  return emitter;
}

function warnOfLeak(emitter, state, type, count) {
  const limit = emitter.getMaxListeners();
  if (limit <= 0 || count <= limit) return;
  if (state.warned === undefined) state.warned = new Set();
  if (state.warned.has(type)) return;
  state.warned.add(type);
  const target = globalThis.console;
  if (!target || typeof target.error !== 'function') return;
  target.error(
    'MaxListenersExceededWarning: Possible EventEmitter memory leak detected. ' +
      count +
      ' ' +
      String(type) +
      ' listeners added. ' +
      'Use emitter.setMaxListeners() to increase limit'
  );
}

/** Add a listener after those already there. */
function on(type, listener) {
  return add(this, type, listener, false);
}

/** Add a listener before those already there. */
function prependListener(type, listener) {
  return add(this, type, listener, true);
}

/** Add a listener that is removed before its first call. */
function once(type, listener) {
  checkListener(listener);
  return this.on(type, onceWrapper(this, type, listener));
}

/** Add a listener before the others that is removed before its first call. */
function prependOnceListener(type, listener) {
  checkListener(listener);
  return this.prependListener(type, onceWrapper(this, type, listener));
}

function onceWrapper(emitter, type, listener) {
  let fired = false;
  function wrapper() {
    if (fired) return undefined;
    emitter.removeListener(type, wrapper);
    fired = true;
    return apply(listener, emitter, arguments);
  }
  wrapper.listener = listener;
  return wrapper;
}

/** Remove the most recently added match, if there is one. */
function removeListener(type, listener) {
  checkListener(listener);
  const state = peekState(this);
  if (state === undefined) return this;
  const handlers = state.handlers;
  const present = handlers[type];
  if (present === undefined) return this;

  let removed;
  if (typeof present === 'function') {
    if (present !== listener && present.listener !== listener) return this;
    removed = present;
    delete handlers[type];
  } else {
    let at = present.length - 1;
    while (at >= 0 && present[at] !== listener && present[at].listener !== listener) at--;
    if (at < 0) return this;
    removed = present[at];
    arrayRemove(present, at);
    if (present.length === 1) handlers[type] = present[0];
  }
  if (handlers.removeListener !== undefined) {
    this.emit('removeListener', type, removed.listener || removed);
  }
  return this;
}

/** Remove the listeners of one event, or of all of them. */
function removeAllListeners(type) {
  const state = peekState(this);
  if (state === undefined) return this;
  const handlers = state.handlers;

  if (handlers.removeListener === undefined) {
    if (arguments.length === 0) state.handlers = Object.create(null);
    else delete handlers[type];
    return this;
  }
  if (arguments.length === 0) {
    for (const name of each(Reflect.ownKeys(handlers))) {
      if (name !== 'removeListener') this.removeAllListeners(name);
    }
    this.removeAllListeners('removeListener');
    state.handlers = Object.create(null);
    return this;
  }
  const present = handlers[type];
  if (typeof present === 'function') {
    this.removeListener(type, present);
  } else if (present !== undefined) {
    for (let i = present.length - 1; i >= 0; i--) this.removeListener(type, present[i]);
  }
  return this;
}

function listOf(emitter, type) {
  const state = peekState(emitter);
  const present = state === undefined ? undefined : state.handlers[type];
  if (present === undefined) return [];
  return typeof present === 'function' ? [present] : arraySlice(present);
}

/** List the listeners of an event as they were given. */
function listeners(type) {
  return arrayMap(listOf(this, type), (listener) => listener.listener || listener);
}

/** List the listeners of an event with the wrappers that `once` puts around them. */
function rawListeners(type) {
  return listOf(this, type);
}

/** Count the listeners of an event, or how often one function is among them. */
function listenerCount(type, listener) {
  const list = listOf(this, type);
  if (listener === undefined || listener === null) return list.length;
  return arrayFilter(list, (item) => item === listener || item.listener === listener).length;
}

/** List the events that have listeners. */
function eventNames() {
  const state = peekState(this);
  return state === undefined ? [] : Reflect.ownKeys(state.handlers);
}

function checkLimit(name, n) {
  if (typeof n !== 'number') throw errors().wrongType(name, 'of type number', n);
  if (!(n >= 0)) throw errors().outOfRange(name, '>= 0', n);
}

/** Set how many listeners of one event are normal; 0 is no limit. */
function setMaxListeners(n) {
  checkLimit('setMaxListeners', n);
  (peekState(this) || createState(this)).maxListeners = n;
  return this;
}

/** Tell how many listeners of one event are normal. */
function getMaxListeners() {
  const state = peekState(this);
  const own = state === undefined ? undefined : state.maxListeners;
  return own === undefined ? defaultMaxListeners : own;
}

/**
 * Wait for an event.
 * @returns {Promise<Array>} its arguments; rejects when `error` comes first.
 */
function oncePromise(emitter, type) {
  return new Promise((resolve, reject) => {
    const onEvent = (...args) => {
      if (type !== 'error') emitter.removeListener('error', onError);
      resolve(args);
    };
    const onError = (error) => {
      emitter.removeListener(type, onEvent);
      reject(error);
    };
    emitter.once(type, onEvent);
    if (type !== 'error') emitter.once('error', onError);
  });
}

Object.assign(EventEmitter.prototype, {
  on,
  addListener: on,
  prependListener,
  once,
  prependOnceListener,
  off: removeListener,
  removeListener,
  removeAllListeners,
  emit,
  listeners,
  rawListeners,
  listenerCount,
  eventNames,
  setMaxListeners,
  getMaxListeners
});

Object.assign(EventEmitter, {
  EventEmitter,
  errorMonitor,
  once: oncePromise,
  listenerCount: (emitter, type) => emitter.listenerCount(type)
});

Object.defineProperty(EventEmitter, 'defaultMaxListeners', {
  __proto__: null,
  enumerable: true,
  get: () => defaultMaxListeners,
  set(n) {
    checkLimit('defaultMaxListeners', n);
    defaultMaxListeners = n;
  }
});

/** List the listeners of an event, for the modules of the host. */
function listenersOf(emitter, type) {
  return apply(listeners, emitter, [type]);
}

module.exports = { EventEmitter, STATE, emitOne, emitTwo, listenersOf };
