'use strict';

// Timers with deterministic temporal semantics: labelled callbacks share a logical clock,
// intervals never drift, and zero-delay callbacks run before every other one.

const { arrayForEach, each, isNaN } = primordials;

const { now } = require('accessors/time/clock');
const domains = require('accessors/time/domains');
const { report } = require('accessors/failures');
const { Fifo } = require('accessors/time/fifo');
const running = require('accessors/running');
const { TimerQueue } = require('accessors/time/timer-queue');
const { follow } = require('core/dispatch');
const { microtasks } = require('core/microtasks');
const hostTimers = require('node/internal/timers');

/** Milliseconds of callbacks in one event; sockets and signals get their turn in between. */
const BUDGET = 50;

/** Timers of all accessors at a time: what fits into the default heap, with room for the rest. */
const MAX_TIMERS = 150_000;

/** Milliseconds that the host's timer can wait at once. */
const MAX_WAIT = 2 ** 31 - 1;

// How often the requests of an accessor were cancelled.
const CANCELLED = Symbol('cancelled');

// Timers of scripts by number, until their last run. Numbers are never used again.
const timers = new Map();
let nextId = 1;

// What has no delay, in order of request; and the others.
let zero = new Fifo();
const timed = new TimerQueue();

// The one timer of the host's that wakes this file up.
let alarm = null;
let alarmTime = null;

// The timer whose callback runs, or was stopped in the middle; and when it was due, which is the
// time for the reactions to it too.
let current = null;
let logicalTime = null;

let closed = false;

/** A timeout or an interval of a script. */
class Timer {
  constructor(accessor, callback, delay, isPeriodic) {
    this.id = nextId++;
    this.accessor = accessor;
    this.callback = callback;
    this.delay = delay;
    this.isPeriodic = isPeriodic;
    this.domain = null;
    this.due = 0;
    this.priority = Infinity;
    this.isQueued = false;
    this.isCleared = false;
  }

  get what() {
    return 'a ' + this.delay + ' ms ' + (this.isPeriodic ? 'interval' : 'timeout');
  }

  call() {
    const { callback } = this;
    callback();
  }
}

/** Something that the runtime has to do with an accessor. */
class Request {
  constructor(accessor, what, act, detail) {
    this.accessor = accessor;
    this.what = what;
    this.act = act;
    this.detail = detail;
    this.cancelled = accessor[CANCELLED];
  }

  get isCleared() {
    return this.cancelled !== this.accessor[CANCELLED];
  }

  call() {
    this.act(this.accessor, this.detail);
  }
}

function toDelay(milliseconds) {
  const delay = Number(milliseconds);
  return delay > 0 ? delay : 0;
}

// Timers without a priority come last.
function toPriority(accessor, priority) {
  const own = priority === null ? accessor.root.priority : priority;
  return typeof own === 'number' && !isNaN(own) ? own : Infinity;
}

function start(accessor, callback, delay, isPeriodic, label, priority) {
  const timer = new Timer(accessor, callback, delay, isPeriodic);
  if (typeof callback !== 'function') {
    const shown = require('node/internal/inspect').inspect(callback);
    throw new TypeError(
      'the callback of ' +
        timer.what +
        " of accessor '" +
        accessor.accessorName +
        "' is not a function: " +
        shown
    );
  }
  if (closed) return timer.id;
  if (timers.size >= MAX_TIMERS) {
    throw new RangeError(
      "accessor '" +
        accessor.accessorName +
        "' cannot set " +
        timer.what +
        ': ' +
        MAX_TIMERS +
        ' timers are set'
    );
  }
  timers.set(timer.id, timer);
  accessor.timers[timer.id] = true;
  if (delay === 0 && typeof label !== 'string') {
    zero.push(timer);
  } else {
    timer.domain = domains.enter(typeof label === 'string' ? label : undefined);
    timer.due = timer.domain.time + delay;
    timer.priority = toPriority(accessor, priority);
    timed.push(timer);
  }
  running.wake();
  return timer.id;
}

function unregister(timer) {
  timer.isCleared = true;
  timers.delete(timer.id);
  delete timer.accessor.timers[timer.id];
}

function clear(timer) {
  unregister(timer);
  // The one that runs leaves its domain when it has run.
  if (timer.domain !== null && timer !== current) domains.leave(timer.domain);
  timed.forget(timer);
}

function clearKind(handle, isPeriodic) {
  const timer = timers.get(Number(handle));
  if (timer === undefined || timer.isPeriodic !== isPeriodic) return;
  clear(timer);
  running.wake();
}

/**
 * Do something after the current callback, before any timer that has a delay.
 * @param {object} accessor whose matter it is; its wrapup cancels it
 * @param {string} what the matter in words, for reports
 * @param {function(object, *)} act gets the accessor, and the detail
 * @param {*} [detail]
 */
exports.soon = function soon(accessor, what, act, detail) {
  if (closed) return;
  zero.push(new Request(accessor, what, act, detail));
  running.wake();
};

/** Return how many callbacks without delay have not run yet. */
exports.countSoon = () => zero.length;

function run(entry) {
  const depth = running.begin(entry);
  try {
    entry.call();
    return true;
  } catch (error) {
    report(error, entry.what + " of accessor '" + entry.accessor.accessorName + "'");
    return false;
  } finally {
    running.end(depth);
  }
}

function runTimed(timer) {
  current = timer;
  timer.domain.time = logicalTime = timer.due;
  const succeeded = run(timer);
  current = null;
  if (succeeded && timer.isPeriodic && !timer.isCleared) {
    timer.due += timer.delay;
    timed.push(timer);
  } else {
    finish(timer);
  }
}

function finish(timer) {
  if (!timer.isCleared) unregister(timer);
  domains.leave(timer.domain);
}

// An interval whose callback never ends does not come again.
running.whenStopped(() => {
  if (current === null) return;
  const timer = current;
  current = null;
  finish(timer);
});

// Runs the next callback, and tells whether there was one.
function step() {
  let entry = zero.shift();
  while (entry !== undefined && entry.isCleared) entry = zero.shift();
  if (entry !== undefined) {
    if (entry instanceof Timer) unregister(entry);
    run(entry);
    return true;
  }
  logicalTime = null;
  const timer = timed.first();
  if (timer === null || timer.due > now()) return false;
  runTimed(timed.take());
  return true;
}

// Runs what is due, until nothing is or the budget is spent; microtasks come after each callback,
// which makes it an event of its own. It is safe to be stopped at any point: the next event goes on
// with it.
function work() {
  running.recover();
  const end = now() + BUDGET;
  do {
    if (!step()) {
      follow(null);
      setAlarm();
      return;
    }
  } while (!microtasks.expected && now() < end);
}
running.afterEvents(work);

function setAlarm() {
  const timer = timed.first();
  const time = timer === null ? null : timer.due;
  if (time === alarmTime) return;
  if (alarm !== null) hostTimers.clearTimeout(alarm);
  alarmTime = time;
  if (time === null) alarm = null;
  else alarm = hostTimers.setAlarm(ring, Math.min(Math.ceil(time - now()), MAX_WAIT));
}

function ring() {
  alarm = null;
  alarmTime = null;
  running.wake();
}

/** Cancel all timers and requests of an accessor. */
exports.cancel = function cancel(accessor) {
  accessor[CANCELLED] = (accessor[CANCELLED] || 0) + 1;
  accessor.clearTimers();
};

/** Cancel every callback, and let none begin any more: a chain of them might never end. */
exports.close = function close() {
  closed = true;
  zero = new Fifo();
  for (const timer of each(timers.values())) clear(timer);
  running.wake();
};

/** Let callbacks begin again. */
exports.open = function open() {
  closed = false;
};

exports.methods = {
  /** Call a function once, `delay` ms after the logical time of the label's clock. */
  setTimeoutDeterministic(callback, delay, label, priority) {
    return start(this, callback, toDelay(delay), false, label, priority);
  },

  /** Call a function every `period` ms, without drift. */
  setIntervalDeterministic(callback, period, label, priority) {
    const delay = toDelay(period);
    if (delay === 0) {
      throw new RangeError(
        "setInterval() of accessor '" +
          this.accessorName +
          "' needs a period above 0 ms; " +
          'got ' +
          String(period)
      );
    }
    return start(this, callback, delay, true, label, priority);
  },

  /** Cancel a timeout. */
  clearTimeoutDeterministic(handle) {
    clearKind(handle, false);
  },

  /** Cancel an interval. */
  clearIntervalDeterministic(handle) {
    clearKind(handle, true);
  },

  /** Cancel all timers of this accessor, those that its base classes set too. */
  clearTimers() {
    clearLevel(this);
    running.wake();
  }
};

function clearLevel(accessor) {
  for (const id of each(Object.keys(accessor.timers))) {
    const timer = timers.get(Number(id));
    if (timer !== undefined) clear(timer);
  }
  if (accessor.ssuper) clearLevel(accessor.ssuper);
  arrayForEach(accessor.implementedInterfaces, clearLevel);
}

/**
 * Return a logical time in ms since 1970: of a label's clock, or of the timer whose callback or
 * reactions run; outside of both it is the wall clock's.
 * @param {string} [label] a clock that a pending timer has
 */
exports.currentTime = function currentTime(label) {
  const time = typeof label === 'string' ? domains.timeOf(label) : undefined;
  if (time !== undefined) return time;
  return logicalTime === null ? now() : logicalTime;
};
