'use strict';

// Values on their way: provided to inputs, sent from outputs. A value is delivered at once; who
// gets it reacts later (reactions.js).

const { each } = primordials;

const { isHeard } = require('accessors/announcements');
const { convert } = require('accessors/conversion');
const { report } = require('accessors/failures');
const { Fifo } = require('accessors/time/fifo');
const inspection = require('accessors/inspection');
const { has, missing } = require('accessors/ports');
const { requestReaction } = require('accessors/scheduling');
const temporal = require('accessors/time/temporal');

/**
 * Values that may wait for one input. Far more than any reaction leads to; an accessor at the top
 * that nobody makes react would take them until the heap is full.
 */
const MAX_QUEUED = 250_000;

/** Values that accessors have sent to own inputs and that are not there yet. */
const MAX_SOON = 150_000;

/** Key of whether an accessor's `setup` runs. */
exports.SETTING_UP = Symbol('setting up');

function deliver({ accessor, inputName }, value) {
  accessor.provideInput(inputName, value);
  // Peers at the top have nobody else who would make them react.
  if (!accessor.container) requestReaction(accessor);
}

function sendToOutput(accessor, name, value) {
  const output = accessor.outputs[name];
  const converted = convert(accessor, name, output.type, value);
  output.latestOutput = converted;
  if (isHeard(accessor, 'output')) accessor.emit('output', name, converted);
  const { destinations } = output;
  if (!destinations) return;
  for (let i = 0; i < destinations.length; i++) {
    const destination = destinations[i];
    if (typeof destination !== 'string') deliver(destination, converted);
    else if (accessor.container) accessor.container.send(destination, converted);
  }
}

function tooManySoon(accessor, name) {
  return new RangeError(
    "accessor '" +
      accessor.accessorName +
      "' cannot send to its own input '" +
      name +
      "': " +
      MAX_SOON +
      ' ' +
      'callbacks without delay wait already'
  );
}

function sendToOwnInput(accessor, sent) {
  accessor.provideInput(sent[0], sent[1]);
  if (!accessor.container) requestReaction(accessor);
}

function enqueue(accessor, name, value) {
  const input = accessor.inputs[name];
  if (input.queuedInputs === undefined) input.queuedInputs = new Fifo();
  if (input.queuedInputs.length >= MAX_QUEUED) {
    throw new RangeError(
      "input '" +
        name +
        "' of accessor '" +
        accessor.accessorName +
        "' takes no more: " +
        MAX_QUEUED +
        ' values ' +
        'wait for the accessor to react'
    );
  }
  input.queuedInputs.push(value);
}

/** Provide the values that had to wait for an input, up to the first that asks for a reaction. */
exports.provideQueued = function provideQueued(accessor, name) {
  const { queuedInputs } = accessor.inputs[name];
  if (queuedInputs === undefined) return;
  while (queuedInputs.length > 0 && !accessor.inputs[name].pendingHandler) {
    try {
      accessor.provideInput(name, queuedInputs.shift());
    } catch (error) {
      report(error, "a value for input '" + name + "' of accessor '" + accessor.accessorName + "'");
    }
  }
};

exports.methods = {
  /** Give an input a value, as an upstream accessor does. */
  provideInput(name, value) {
    const { root } = this;
    if (!has(root.inputs, name)) throw missing(root, ['input'], name);
    const input = root.inputs[name];
    if (input.pendingHandler) {
      enqueue(root, name, value);
      return;
    }
    const converted = convert(root, name, input.type, value);
    input.currentValue = converted;
    if (converted === null && (input.value === null || input.value === undefined)) return;
    input.pendingHandler = true;
    if (root.container) root.container.scheduleEvent(root);
    if (!input.destinations) return;
    for (const destination of each(input.destinations)) {
      if (typeof destination === 'string') root.send(destination, converted);
      else deliver(destination, converted);
    }
  },

  /** Send a value from an output, or to an own input in a later reaction. */
  send(name, value) {
    const { root } = this;
    if (root[exports.SETTING_UP]) {
      inspection.attempt(root, () => {
        throw new Error(
          "accessor '" +
            root.accessorName +
            "' sent '" +
            name +
            "' in setup(), where nothing is connected " +
            'yet; send from initialize() on'
        );
      });
      return;
    }
    if (has(root.outputs, name)) {
      sendToOutput(root, name, value);
    } else if (has(root.inputs, name)) {
      if (temporal.countSoon() >= MAX_SOON) throw tooManySoon(root, name);
      temporal.soon(root, "a value sent to its own input '" + name + "'", sendToOwnInput, [
        name,
        value
      ]);
    } else {
      throw missing(root, ['output', 'input'], name);
    }
  }
};
