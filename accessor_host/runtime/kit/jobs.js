'use strict';

// Jobs that Python does: like promises where `then` is called, and no promises: every function
// returns the job itself, and what a callback returns goes nowhere. `await` works with them.

const { arrayPush, each, promiseThen } = primordials;

const { expectMicrotasks } = require('core/microtasks');

/** A job under way, or one that is over. */
class Job {
  #state = 'pending';
  #value;
  #callbacks = [];
  #watchers = [];

  /** @param {Function} begin gets what settles the job: `{resolve, reject, report}` */
  constructor(begin) {
    begin({
      resolve: (value) => this.#settle('resolved', value),
      reject: (error) => this.#settle('rejected', error),
      report: (progress) => this.#tell(progress)
    });
  }

  /** Call a function with the result, or another one with the error. */
  then(resolved, rejected) {
    return this.#add({ resolved, rejected });
  }

  /** Call a function with the error. */
  catch(rejected) {
    return this.#add({ rejected });
  }

  /** Call a function when the job is over, either way. */
  finally(done) {
    const call = typeof done === 'function' ? () => done() : undefined;
    return this.#add({ resolved: call, rejected: call, isPassive: true });
  }

  /** Call a function with `{status, progress}`, progress from 0 to 1. */
  progress(watch) {
    if (typeof watch === 'function') arrayPush(this.#watchers, watch);
    return this;
  }

  #add(callback) {
    if (this.#state === 'pending') {
      arrayPush(this.#callbacks, callback);
    } else {
      expectMicrotasks();
      promiseThen(new Promise((done) => done()), () => run(callback, this.#state, this.#value));
    }
    return this;
  }

  #settle(state, value) {
    if (this.#state !== 'pending') return;
    this.#state = state;
    this.#value = value;
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    this.#watchers = [];
    let isTold = state === 'resolved';
    for (const callback of each(callbacks)) {
      if (run(callback, state, value) && !callback.isPassive) isTold = true;
    }
    // As with a promise that nobody has given a function for its failure.
    if (!isTold) host.report(value);
  }

  #tell(progress) {
    for (const watch of each(this.#watchers)) attempt(watch, progress);
  }
}

function run(callback, state, value) {
  const call = callback[state];
  if (typeof call !== 'function') return false;
  attempt(call, value);
  return true;
}

function attempt(call, value) {
  try {
    call(value);
  } catch (error) {
    host.report(error);
  }
}

exports.Job = Job;
