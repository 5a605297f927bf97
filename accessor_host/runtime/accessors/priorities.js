'use strict';

// The order in which the accessors in a composite react: upstream first. A spontaneous output is
// produced by a callback, not by a reaction, and orders nothing.

const {
  arrayFilter,
  arrayFind,
  arrayForEach,
  arrayIncludes,
  arrayIndexOf,
  arrayJoin,
  arrayMap,
  arrayPush,
  arrayReverse,
  arraySlice,
  arraySort,
  each,
  setErrorStack
} = primordials;

const { frameOf } = require('accessors/failures');

/**
 * Number the contained accessors of a composite; a smaller number reacts earlier. What waits to
 * react gets into the new order.
 * @param {object} composite
 * @throws {Error} a loop of connections has no spontaneous output
 */
exports.assign = function assign(composite) {
  const contained = composite.containedAccessors;
  const downstream = new Map();
  const upstreamCount = new Map(arrayMap(contained, (accessor) => [accessor, 0]));
  for (const accessor of each(contained)) {
    const receivers = receiversOf(accessor, upstreamCount);
    downstream.set(accessor, receivers);
    for (const receiver of each(receivers)) {
      upstreamCount.set(receiver, upstreamCount.get(receiver) + 1);
    }
  }
  const ready = arrayFilter(contained, (accessor) => upstreamCount.get(accessor) === 0);
  // The list grows while it is gone through.
  for (const accessor of each(ready)) {
    for (const receiver of each(downstream.get(accessor))) {
      const left = upstreamCount.get(receiver) - 1;
      upstreamCount.set(receiver, left);
      if (left === 0) arrayPush(ready, receiver);
    }
  }
  if (ready.length < contained.length) throw causalityLoop(contained, ready, downstream);
  arrayForEach(ready, (accessor, index) => {
    accessor.priority = index;
  });
  if (composite.eventQueue) arraySort(composite.eventQueue, (a, b) => a.priority - b.priority);
};

/** Number the contained accessors at every level. */
exports.prepare = function prepare(composite) {
  // What waits there stays: an upstream accessor may have been initialized before, and have sent.
  if (!composite.eventQueue) composite.eventQueue = [];
  exports.assign(composite);
  for (const accessor of each(composite.containedAccessors)) {
    if (accessor.containedAccessors.length > 0) prepare(accessor);
  }
};

function receiversOf(accessor, siblings) {
  const receivers = new Set();
  for (const name of each(accessor.outputList)) {
    const { spontaneous, destinations } = accessor.outputs[name];
    if (spontaneous || !destinations) continue;
    for (const destination of each(destinations)) {
      if (siblings.has(destination.accessor)) receivers.add(destination.accessor);
    }
  }
  return receivers;
}

// Who is left has something upstream that is left; going upstream must come to a loop.
function causalityLoop(contained, ready, downstream) {
  const left = new Set(contained);
  for (const accessor of each(ready)) left.delete(accessor);
  const path = [];
  let [accessor] = each(left);
  while (!arrayIncludes(path, accessor)) {
    arrayPush(path, accessor);
    accessor = arrayFind([...each(left)], (one) => downstream.get(one).has(path[path.length - 1]));
  }
  const loop = arrayReverse(arraySlice(path, arrayIndexOf(path, accessor)));
  const names = arrayMap(loop, (one) => one.accessorName);
  const error = new Error(
    'Causality loop found including at least: ' +
      arrayJoin(names, ', ') +
      '. ' +
      'A loop needs an output with the option spontaneous: true'
  );
  // No line of a script is to blame, but the function that made the connections.
  const [{ container }] = each(contained);
  setErrorStack(error, 'Error: ' + error.message + '\n' + frameOf(container.exports.setup));
  return Object.defineProperty(error, 'loop', { __proto__: null, value: loop });
}
