'use strict';

// Input handlers: functions that a reaction calls.

const { apply, arrayFilter, each } = primordials;

const { explain } = require('accessors/failures');
const { has, missing } = require('accessors/ports');
const running = require('accessors/running');

const NONE = [];

class Handler {
  constructor(accessor, name, callback, args) {
    this.accessor = accessor;
    this.id = accessor.inputHandlerID++;
    this.name = name;
    this.callback = callback;
    this.args = args;
    this.isRemoved = false;
  }

  get what() {
    return inWords(this.name);
  }

  // One that throws is called no more.
  run() {
    const { accessor, callback, args } = this;
    const depth = running.begin(this);
    try {
      apply(callback, accessor, args);
    } catch (error) {
      remove(this);
      throw explain(error, this.what + " of accessor '" + accessor.accessorName + "'");
    } finally {
      running.end(depth);
    }
  }
}

function inWords(name) {
  return name === null ? 'a handler of all inputs' : "a handler of input '" + name + "'";
}

function ignore() {}

// Lists are replaced, never changed: a reaction goes through one while handlers come and go.
function add(accessor, name, given, args) {
  const callback = given === null || given === undefined ? ignore : given;
  if (typeof callback !== 'function') {
    const shown = require('node/internal/inspect').inspect(callback);
    const owner = accessor.accessorName;
    throw new TypeError(inWords(name) + " of accessor '" + owner + "' is not a function: " + shown);
  }
  const handler = new Handler(accessor, name, callback, args);
  accessor.inputHandlersIndex[handler.id] = handler;
  if (name === null) {
    accessor.anyInputHandlers = [...each(accessor.anyInputHandlers), handler];
  } else {
    const present = has(accessor.inputHandlers, name) ? accessor.inputHandlers[name] : NONE;
    accessor.inputHandlers[name] = [...each(present), handler];
  }
  return handler.id;
}

function remove(handler) {
  const { accessor, id, name } = handler;
  if (handler.isRemoved) return;
  handler.isRemoved = true;
  delete accessor.inputHandlersIndex[id];
  const without = (list) => arrayFilter(list, (one) => one !== handler);
  if (name === null) accessor.anyInputHandlers = without(accessor.anyInputHandlers);
  else accessor.inputHandlers[name] = without(accessor.inputHandlers[name]);
}

/** Remove all handlers of an accessor. */
exports.reset = function reset(accessor) {
  // Also those whose turn would come in a reaction that is under way.
  for (const handler of each(Object.values(accessor.inputHandlersIndex))) handler.isRemoved = true;
  accessor.inputHandlers = {};
  accessor.anyInputHandlers = [];
  accessor.inputHandlersIndex = {};
  accessor.inputHandlerID = 0;
};

/**
 * Run the handlers of an input.
 * @throws {Error} what a handler threw; those after it have not run
 */
exports.runFor = function runFor(accessor, name) {
  if (!has(accessor.inputHandlers, name)) return;
  const handlers = accessor.inputHandlers[name];
  for (let i = 0; i < handlers.length; i++) if (!handlers[i].isRemoved) handlers[i].run();
};

/** Run the handlers of all inputs; what one of them throws is reported. */
exports.runGeneric = function runGeneric(accessor) {
  for (const handler of each(accessor.anyInputHandlers)) {
    if (handler.isRemoved) continue;
    try {
      handler.run();
    } catch (error) {
      host.report(error);
    }
  }
};

// Neither is one that does not end.
running.whenStopped((frame) => {
  if (frame instanceof Handler) remove(frame);
});

exports.methods = {
  /**
   * Call a function when an input has a new value; without a name, in every reaction.
   * @returns {number} what `removeInputHandler` takes
   */
  addInputHandler(name, ...args) {
    const { root } = this;
    if (typeof name === 'function') return add(root, null, name, args);
    const [func, ...others] = each(args);
    if (name === null) return add(root, null, func, others);
    if (typeof name !== 'string') {
      const shown = require('node/internal/inspect').inspect(name);
      throw new TypeError('addInputHandler() needs the name of an input; got ' + shown);
    }
    if (!has(root.inputs, name)) throw missing(root, ['input'], name);
    return add(root, name, func, others);
  },

  /** Call a handler no more. */
  removeInputHandler(id) {
    const { root } = this;
    if (has(root.inputHandlersIndex, id)) remove(root.inputHandlersIndex[id]);
  }
};
