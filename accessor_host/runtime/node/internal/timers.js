'use strict';

// setTimeout, setInterval and setImmediate as in Node: the clock is Python's, the callbacks are
// kept here.

const { apply, symbolFor } = primordials;

const PROMISIFY = symbolFor('nodejs.util.promisify.custom');

const MAX_DELAY = 2 ** 31 - 1;

/** Timers and immediates of scripts at a time: they take two thirds of the default heap. */
const MAX_PENDING = 100_000;

// Timers and immediates that are pending, by their numbers.
const pending = new Map();
let nextId = 1;
let firing = null;

// Take the timer of a handle apart; undefined for anything else.
let timerOf;
let immediateOf;

/** A timer's handle, as `setTimeout` and `setInterval` return it. */
class Timeout {
  #timer;

  static {
    timerOf = (value) => (#timer in value ? value.#timer : undefined);
  }

  constructor(timer) {
    this.#timer = timer;
  }

  /** Let this timer keep the run alive (the default). */
  ref() {
    hold(this.#timer, true);
    return this;
  }

  /** Let the run end although this timer is pending. */
  unref() {
    hold(this.#timer, false);
    return this;
  }

  /** Tell whether this timer keeps the run alive. */
  hasRef() {
    return this.#timer.referenced;
  }

  /** Start the delay again from now. */
  refresh() {
    const timer = this.#timer;
    if (timer.cleared) return this;
    if (!pending.has(timer.id)) checkRoom();
    schedule(timer);
    return this;
  }

  /** Cancel the timer. */
  close() {
    cancel(this.#timer);
    return this;
  }

  [Symbol.toPrimitive]() {
    return this.#timer.id;
  }
}

/** The handle that `setImmediate` returns. */
class Immediate {
  #immediate;

  static {
    immediateOf = (value) => (#immediate in value ? value.#immediate : undefined);
  }

  constructor(immediate) {
    this.#immediate = immediate;
  }
}

function checkCallback(callback) {
  if (typeof callback === 'function') return;
  const shown = require('node/internal/inspect').inspect(callback);
  const error = new TypeError(
    'The "callback" argument must be of type function. Received ' + shown
  );
  error.code = 'ERR_INVALID_ARG_TYPE';
  throw error;
}

function checkRoom() {
  if (pending.size < MAX_PENDING) return;
  const { codedError } = require('node/internal/coded-error');
  const message = 'no further timer can be set: ' + MAX_PENDING + ' are pending';
  throw codedError(RangeError, 'ERR_TOO_MANY_TIMERS', message);
}

function hold(timer, referenced) {
  if (timer.referenced === referenced) return;
  timer.referenced = referenced;
  if (pending.has(timer.id)) host.operation('timer.ref', timer.id, referenced);
}

function schedule(timer) {
  pending.set(timer.id, timer);
  host.operation('timer', timer.id, timer.delay, timer.referenced);
}

function start(callback, delay, args, repeat) {
  checkCallback(callback);
  const number = Number(delay);
  // As in Node: what is no usable delay means "as soon as possible".
  const usable = number >= 1 && number <= MAX_DELAY ? Math.trunc(number) : 1;
  const id = nextId++;
  const timer = { id, callback, args, delay: usable, repeat, referenced: true, cleared: false };
  timer.handle = new Timeout(timer);
  schedule(timer);
  return timer.handle;
}

function clear(handle) {
  if (handle === null || handle === undefined) return;
  const timer =
    typeof handle === 'object'
      ? timerOf(handle) || immediateOf(handle)
      : pending.get(Number(handle));
  if (timer !== undefined) cancel(timer);
}

function cancel(timer) {
  // Marked too, because a timer is not in the table while its callback runs.
  timer.cleared = true;
  if (pending.delete(timer.id)) host.operation('timer.clear', timer.id);
}

/** Set a timer of the runtime's own, for which there is always room. */
exports.setAlarm = function setAlarm(callback, delay) {
  return start(callback, delay, [], false);
};

exports.setTimeout = function setTimeout(callback, delay, ...args) {
  checkRoom();
  return start(callback, delay, args, false);
};

exports.setInterval = function setInterval(callback, delay, ...args) {
  checkRoom();
  return start(callback, delay, args, true);
};

exports.setImmediate = function setImmediate(callback, ...args) {
  checkCallback(callback);
  checkRoom();
  const immediate = { id: nextId++, callback, args, repeat: false, cleared: false };
  pending.set(immediate.id, immediate);
  immediate.handle = new Immediate(immediate);
  host.operation('immediate', immediate.id);
  return immediate.handle;
};

// What util.promisify makes of these, which take the callback first.
function define(timer, promised) {
  Object.defineProperty(timer, PROMISIFY, { __proto__: null, value: promised });
  return timer;
}

/**
 * Let util.promisify make a function of a delay and a value of a kind of `setTimeout`.
 * @param {function} timer takes a callback and a delay
 * @returns {function} the same
 */
exports.promisable = function promisable(timer) {
  return define(timer, (delay, value) => {
    return new Promise((resolve) => timer(() => resolve(value), delay));
  });
};

exports.promisable(exports.setTimeout);
define(exports.setImmediate, (value) => {
  return new Promise((resolve) => exports.setImmediate(resolve, value));
});

exports.clearTimeout = function clearTimeout(handle) {
  clear(handle);
};

exports.clearInterval = function clearInterval(handle) {
  clear(handle);
};

exports.clearImmediate = function clearImmediate(handle) {
  clear(handle);
};

/** Return the callback of a pending timer or immediate. */
exports.callbackOf = function callbackOf(id) {
  const timer = pending.get(id) || firing;
  return timer === null ? undefined : timer.callback;
};

/** Run the callback of a timer or immediate that is due. */
exports.fire = function fire(id) {
  const timer = pending.get(id);
  if (timer === undefined) return;
  pending.delete(id);
  firing = timer;
  try {
    apply(timer.callback, timer.handle, timer.args);
  } finally {
    // After the callback, so that a slow one delays its next run, as in Node.
    if (timer.repeat && !timer.cleared && !pending.has(id)) schedule(timer);
  }
};
