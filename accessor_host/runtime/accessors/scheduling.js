'use strict';

// Who reacts next. What is contained reacts when its container does, upstream first; the outermost
// composite reacts in a zero-delay callback.

const { arrayConcat, arrayIncludes, arrayPush, arraySlice, arraySome } = primordials;

const temporal = require('accessors/time/temporal');

// Whether a zero-delay callback that will make the accessor react is on its way.
const REQUESTED = Symbol('reaction requested');

/** Make an accessor react in a zero-delay callback; one request at a time is enough. */
exports.requestReaction = function requestReaction(accessor) {
  if (accessor[REQUESTED]) return;
  accessor[REQUESTED] = true;
  temporal.soon(accessor, 'a reaction', reactAsRequested);
};

function reactAsRequested(accessor) {
  try {
    accessor.react();
  } catch (error) {
    if (exports.hasWork(accessor)) exports.requestReaction(accessor);
    throw error;
  }
}

/** Note that a reaction begins: from here on new values need another one. */
exports.begin = function begin(accessor) {
  // One that is on its way is not taken back.
  accessor[REQUESTED] = false;
};

/** Forget what was requested and scheduled. */
exports.reset = function reset(accessor) {
  accessor[REQUESTED] = false;
  if (accessor.eventQueue) accessor.eventQueue = [];
};

/** Tell whether a reaction has left something over. */
exports.hasWork = function hasWork({ eventQueue, inputList, inputs }) {
  if (eventQueue && eventQueue.length > 0) return true;
  return arraySome(inputList, (name) => inputs[name].pendingHandler);
};

/** Make an accessor react, in its container if it has one. */
exports.schedule = function schedule(accessor) {
  if (accessor.container) accessor.container.scheduleEvent(accessor);
  else exports.requestReaction(accessor);
};

/** Return the accessor that contains all others around this one. */
exports.outermost = function outermost(accessor) {
  let top = accessor.root;
  while (top.container) top = top.container;
  return top;
};

exports.methods = {
  /** Let a contained accessor react in the next reaction of this composite. */
  scheduleEvent(contained) {
    const { root } = this;
    exports.schedule(root);
    if (!root.eventQueue) root.eventQueue = [];
    insert(root, contained);
  }
};

function insert(composite, contained) {
  const queue = composite.eventQueue;
  if (arrayIncludes(queue, contained)) return;
  if (queue.length > 0 && typeof contained.priority !== 'number') {
    throw new Error(
      "accessor '" +
        contained.accessorName +
        "' has no priority: was its container " +
        "'" +
        composite.accessorName +
        "' initialized?"
    );
  }
  let at = queue.length;
  while (at > 0 && queue[at - 1].priority > contained.priority) at--;
  if (at === queue.length) arrayPush(queue, contained);
  else
    composite.eventQueue = arrayConcat(
      arraySlice(queue, 0, at),
      [contained],
      arraySlice(queue, at)
    );
}
