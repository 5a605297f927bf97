'use strict';

// Events in, operations out. Python calls `enter` once for each event; what JavaScript wants done
// is collected and taken when the turn ends, because an engine under a time limit refuses calls
// into Python.

const receive = Symbol('receive');
const describe = Symbol('describe');
const receivers = new Map();
const OUT_OF_MEMORY = host.toJson([
  ['error', 'Uncaught', 'InternalError: out of memory', 'InternalError: out of memory']
]);
let nextTarget = 1;
let operations = [];
let running = null;

/** Key of the method `(type, ...details)` of an object that gets events. */
exports.receive = receive;

/**
 * Key of the method `(type, ...details)` of an object that gets events; it returns `[text, f]`:
 * what is run for such an event, in words, and the script's function that is called, if one is.
 */
exports.describe = describe;

/**
 * Collect one operation for Python.
 * @param {string} name what to do
 * @param {...*} details values that have a JSON form
 */
exports.operation = function operation(name, ...details) {
  operations.push([name, ...details]);
};

/**
 * Let an object get events.
 * @param {object} receiver an object with a method under the key `receive`
 * @returns {number} the target of its events
 */
exports.open = function open(receiver) {
  const target = nextTarget++;
  receivers.set(target, receiver);
  return target;
};

/** Stop events to a target; those on their way are dropped. */
exports.close = function close(target) {
  receivers.delete(target);
};

/** Let the runtime itself (target 0) get events. */
exports.openRuntime = function openRuntime(receiver) {
  receivers.set(0, receiver);
};

/** Run one event to its end; an error is reported for this event and goes no further. */
exports.enter = function enter(target, type, a, b, c) {
  const receiver = receivers.get(target);
  if (receiver === undefined) return;
  running = { receiver, type, a, b };
  try {
    receiver[receive](type, a, b, c);
  } catch (error) {
    exports.report(error);
  }
};

/** As `enter`, and tell Python first what will run: for events that nothing can interrupt. */
exports.enterWatched = function enterWatched(target, type, a, b, c) {
  const receiver = receivers.get(target);
  if (receiver === undefined) return;
  running = { receiver, type, a, b };
  host.ask('running', exports.describeRunning());
  exports.enter(target, type, a, b, c);
};

/** Say which callback the last event ran, with the place of its function. */
exports.describeRunning = function describeRunning() {
  try {
    const { receiver, type, a, b } = running;
    const [text, called] = receiver[describe](type, a, b);
    if (typeof called !== 'function') return text;
    const place = host.requireBuiltin('internal/stack').place(called.lineNumber);
    const name = called.name || 'a function';
    return place === null ? text : `${text}, ${name} (${place})`;
  } catch {
    return 'a callback';
  }
};

/** Take the collected operations as a JSON text, or null when there are none. */
exports.takeOperations = function takeOperations() {
  if (operations.length === 0) return null;
  const taken = operations;
  operations = [];
  try {
    return host.toJson(taken);
  } catch {
    // Only a full heap leads here. What was asked for is lost; that it is lost is said.
    return OUT_OF_MEMORY;
  }
};

/**
 * Report an uncaught error of a script.
 * @param {*} error whatever was thrown
 * @param {string} [kind] what to say before it, for example "Unhandled rejection"
 */
exports.report = function report(error, kind = 'Uncaught') {
  let text = show(error);
  // An error of a full stack or heap has no trace: say at least where it began.
  if (error instanceof Error && typeof error.stack !== 'string') {
    text += `\n    in ${exports.describeRunning()}`;
  }
  exports.operation('error', kind, summarize(error), text);
};

/** Print one line of warning. */
exports.warn = function warn(text) {
  exports.operation('warn', text);
};

function summarize(error) {
  try {
    return error instanceof Error ? String(error) : host.requireBuiltin('util').inspect(error);
  } catch {
    return 'an error that cannot be shown';
  }
}

function show(error) {
  try {
    return host.requireBuiltin('util').inspect(error);
  } catch {
    return '';
  }
}
