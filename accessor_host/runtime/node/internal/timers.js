'use strict';

// setTimeout, setInterval and setImmediate as in Node: the clock is Python's, the callbacks are
// kept here.

const MAX_DELAY = 2 ** 31 - 1;

const timers = new Map();
let nextId = 1;
let firing = null;

/** A timer's handle, as `setTimeout` and `setInterval` return it. */
class Timeout {
  constructor(callback, delay, args, repeat) {
    const id = nextId++;
    Object.defineProperties(this, {
      id: { value: id },
      callback: { value: callback },
      args: { value: args },
      delay: { value: delay },
      repeat: { value: repeat },
      referenced: { value: true, writable: true },
      cleared: { value: false, writable: true }
    });
  }

  /** Let this timer keep the run alive (the default). */
  ref() {
    return this.hold(true);
  }

  /** Let the run end although this timer is pending. */
  unref() {
    return this.hold(false);
  }

  /** Tell whether this timer keeps the run alive. */
  hasRef() {
    return this.referenced;
  }

  /** Start the delay again from now. */
  refresh() {
    if (!this.cleared) schedule(this);
    return this;
  }

  /** Cancel the timer. */
  close() {
    clear(this);
    return this;
  }

  hold(referenced) {
    if (this.referenced !== referenced) {
      this.referenced = referenced;
      if (timers.has(this.id)) host.operation('timer.ref', this.id, referenced);
    }
    return this;
  }

  [Symbol.toPrimitive]() {
    return this.id;
  }
}
Object.defineProperty(Timeout.prototype, 'hold', { enumerable: false });

/** The handle that `setImmediate` returns. */
class Immediate {
  constructor(callback, args) {
    const id = nextId++;
    Object.defineProperties(this, {
      id: { value: id },
      callback: { value: callback },
      args: { value: args }
    });
  }
}

function checkCallback(callback) {
  if (typeof callback === 'function') return;
  const shown = require('node/internal/inspect').inspect(callback);
  const error = new TypeError(`The "callback" argument must be of type function. Received ${shown}`);
  error.code = 'ERR_INVALID_ARG_TYPE';
  throw error;
}

function schedule(timer) {
  timers.set(timer.id, timer);
  host.operation('timer', timer.id, timer.delay, timer.referenced);
}

function start(callback, delay, args, repeat) {
  checkCallback(callback);
  const number = Number(delay);
  // As in Node: what is no usable delay means "as soon as possible".
  const usable = number >= 1 && number <= MAX_DELAY ? Math.trunc(number) : 1;
  const timer = new Timeout(callback, usable, args, repeat);
  schedule(timer);
  return timer;
}

function clear(handle) {
  if (handle === null || handle === undefined) return;
  const timer = typeof handle === 'object' ? handle : timers.get(Number(handle));
  if (timer === undefined) return;
  // Marked too, because a timer is not in the table while its callback runs.
  if (timer instanceof Timeout) timer.cleared = true;
  if (timers.delete(timer.id)) host.operation('timer.clear', timer.id);
}

exports.setTimeout = function setTimeout(callback, delay, ...args) {
  return start(callback, delay, args, false);
};

exports.setInterval = function setInterval(callback, delay, ...args) {
  return start(callback, delay, args, true);
};

exports.setImmediate = function setImmediate(callback, ...args) {
  checkCallback(callback);
  const immediate = new Immediate(callback, args);
  timers.set(immediate.id, immediate);
  host.operation('immediate', immediate.id);
  return immediate;
};

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
  const timer = timers.get(id) || firing;
  return timer === null ? undefined : timer.callback;
};

/** Run the callback of a timer or immediate that is due. */
exports.fire = function fire(id) {
  const timer = timers.get(id);
  if (timer === undefined) return;
  timers.delete(id);
  firing = timer;
  try {
    timer.callback(...timer.args);
  } finally {
    // After the callback, so that a slow one delays its next run, as in Node.
    if (timer.repeat && !timer.cleared && !timers.has(id)) schedule(timer);
  }
};
