'use strict';

// A reaction: the handlers of inputs with new values, those of all inputs, the contained
// accessors, `fire`. Where loops count here and in what is called, iterators would cost a tenth of
// the time.

const { apply, arrayForEach, arrayShift, arraySlice, each } = primordials;

const { isHeard } = require('accessors/announcements');
const { now } = require('accessors/time/clock');
const { provideQueued } = require('accessors/delivery');
const { explain, report } = require('accessors/failures');
const handlers = require('accessors/handlers');
const { has, missing } = require('accessors/ports');
const running = require('accessors/running');
const scheduling = require('accessors/scheduling');

/** Milliseconds of one reaction. A loop of accessors that answer at once has no end by itself. */
const MAX_REACTION = 200;

/** Accessors that react, or values that are handled, between two looks at the clock. */
const BETWEEN_LOOKS = 64;

// Accessors whose reaction is under way, one inside the other.
const reacting = [];

let deadline = Infinity;

function runPendingInputs(accessor) {
  let found = true;
  let count = 0;
  let expected = Infinity;
  while (found) {
    found = false;
    for (const name of each(accessor.inputList)) {
      const input = accessor.inputs[name];
      if (!input.pendingHandler) continue;
      found = true;
      if (++count % BETWEEN_LOOKS === 0) {
        // What waits is for this reaction, however long it takes. What has come since then may be
        // an answer to an own answer, without an end.
        if (expected === Infinity) expected = count + countWaiting(accessor);
        if (count > expected && now() > deadline) {
          scheduling.schedule(accessor);
          return;
        }
      }
      input.pendingHandler = false;
      try {
        handlers.runFor(accessor, name);
      } finally {
        if (input.queuedInputs !== undefined) provideQueued(accessor, name);
      }
    }
  }
}

function countWaiting({ inputList, inputs }) {
  let count = 0;
  for (const name of each(inputList)) {
    const { pendingHandler, queuedInputs } = inputs[name];
    if (pendingHandler) count += 1 + (queuedInputs === undefined ? 0 : queuedInputs.length);
  }
  return count;
}

// One part that throws does not keep the others from reacting. Returns its error, or null.
function runContained(accessor) {
  let failure = null;
  for (let count = 1; accessor.eventQueue.length > 0; count++) {
    if (count % BETWEEN_LOOKS === 0 && now() > deadline) {
      // The others react in another reaction; timers and sockets get their turn in between.
      scheduling.schedule(accessor);
      break;
    }
    const contained = arrayShift(accessor.eventQueue);
    try {
      contained.react();
    } catch (error) {
      if (scheduling.hasWork(contained)) accessor.scheduleEvent(contained);
      if (failure === null) failure = error;
      else report(error, "the reaction of accessor '" + contained.accessorName + "'");
    }
  }
  return failure;
}

// Returns its error, or null.
function runFire(accessor) {
  const { fire } = accessor.exports;
  if (typeof fire !== 'function') return null;
  const depth = running.begin({ accessor, what: 'fire()', callback: fire });
  try {
    apply(fire, accessor, []);
    return null;
  } catch (error) {
    return explain(error, "fire() of accessor '" + accessor.accessorName + "'");
  } finally {
    running.end(depth);
  }
}

function react(accessor, name) {
  if (isHeard(accessor, 'reactStart')) accessor.emit('reactStart');
  scheduling.begin(accessor);
  if (name === undefined || name === null) runPendingInputs(accessor);
  else if (has(accessor.inputs, name)) handlers.runFor(accessor, name);
  else throw missing(accessor, ['input'], name);
  if (accessor.anyInputHandlers.length > 0) handlers.runGeneric(accessor);
  let failure = accessor.eventQueue ? runContained(accessor) : null;
  const told = runFire(accessor);
  if (failure === null) failure = told;
  else if (told !== null) host.report(told);
  const { inputs, inputList } = accessor;
  for (let i = 0; i < inputList.length; i++) forget(inputs[inputList[i]]);
  if (isHeard(accessor, 'reactEnd')) accessor.emit('reactEnd');
  if (failure !== null) throw failure;
}

// A value that has come since its handlers ran is for the next reaction.
function forget(input) {
  if (!input.pendingHandler) input.currentValue = null;
}

exports.methods = {
  /**
   * React to the inputs that have new values.
   * @param {string} [name] only this input's handlers run, whether or not it has a new value
   */
  react(name) {
    const { root } = this;
    const depth = reacting.length;
    if (depth === 0) {
      running.wake();
      deadline = now() + MAX_REACTION;
    }
    reacting[depth] = root;
    try {
      react(root, name);
    } finally {
      reacting.length = depth;
    }
  }
};

// The rest of a reaction that was stopped in the middle happens in another one.
running.whenStopped(() => {
  const stopped = arraySlice(reacting);
  reacting.length = 0;
  arrayForEach(stopped, (accessor, index) => {
    if (!accessor.initialized) return;
    for (const name of each(accessor.inputList)) provideQueued(accessor, name);
    const isInnermost = index === stopped.length - 1;
    if (!isInnermost || scheduling.hasWork(accessor)) scheduling.schedule(accessor);
  });
});

/** Forget the handlers, and the values that wait. */
exports.reset = function reset(accessor) {
  handlers.reset(accessor);
  scheduling.reset(accessor);
  for (const name of each(accessor.inputList)) {
    const input = accessor.inputs[name];
    input.pendingHandler = false;
    input.currentValue = null;
    delete input.queuedInputs;
  }
};
