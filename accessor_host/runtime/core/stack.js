'use strict';

// Stack traces with the names of scripts and their own lines, in the form that Node prints.

const {
  apply,
  arrayJoin,
  arrayPush,
  each,
  errorStack,
  errorToString,
  regExpTest,
  stringSlice
} = primordials;

// The parts of the runtime that call scripts.
const CALLS_SCRIPTS = /^accessor-host:(?:core|kit|accessors|node\/internal)\//;

// The runtime, and modules that were installed with it.
const OF_THE_HOST = /^(?:accessor-host:|@modules\/)/;

// Where a script calls the host, while that is sought; else null.
let sought = null;

/** Install the hook that formats `stack` when an error is made. */
exports.install = function install() {
  takeFrameMethods();
  // Assigned, not defined: the engines look at an internal slot behind this property.
  Error.prepareStackTrace = formatStack;
};

// What the frames of a trace are asked. A script that formats traces itself gets frames too, and
// must not get the functions of the runtime from them.
let functionNameOf;
let lineOf;
let columnOf;

function takeFrameMethods() {
  let frame;
  Error.prepareStackTrace = (_, frames) => {
    frame = frames[0];
  };
  // Formatted when it is made, in one engine when it is read.
  void new Error().stack;
  const prototype = Object.getPrototypeOf(frame);
  functionNameOf = prototype.getFunctionName;
  lineOf = prototype.getLineNumber;
  columnOf = prototype.getColumnNumber;
  delete prototype.getFunction;
}

function formatStack(error, frames) {
  if (sought !== null) {
    sought = callerAmong(frames);
    return '';
  }
  const lines = [describe(error)];
  for (const frame of each(frames)) {
    const place = locate(apply(lineOf, frame, []), apply(columnOf, frame, []));
    if (place === null) continue;
    const name = apply(functionNameOf, frame, []);
    arrayPush(lines, name ? '    at ' + name + ' (' + place + ')' : '    at ' + place);
  }
  return arrayJoin(lines, '\n');
}

// As in Node, whatever a script has made of the method.
function describe(error) {
  try {
    return errorToString(error);
  } catch {
    return 'Error';
  }
}

// A frame without a place helps nobody who reads a script's trace: the engine's own functions, the
// bootstrap, and what calls scripts.
function locate(line, column) {
  if (typeof line !== 'number' || line < 1) return null;
  const script = scriptAt(line);
  if (script === undefined || regExpTest(CALLS_SCRIPTS, script.name)) return null;
  // The wrapper's head takes the base line itself.
  return script.name + ':' + (line - script.base) + ':' + column;
}

/** Return `file:line` for a line as the engine counts it, or null. */
exports.place = function place(line) {
  const located = locate(line, 0);
  return located === null ? null : stringSlice(located, 0, -':0'.length);
};

/** Return `file:line` where a script called what runs now; '' where a script formats traces itself. */
exports.caller = function caller() {
  sought = '';
  try {
    // Formatted when it is made, in one engine when it is read.
    errorStack(new Error('nobody sees this'));
    return sought;
  } finally {
    sought = null;
  }
};

function callerAmong(frames) {
  for (const frame of each(frames)) {
    const place = exports.place(apply(lineOf, frame, []));
    if (place !== null && !regExpTest(OF_THE_HOST, place)) return place;
  }
  return '';
}

function scriptAt(line) {
  const scripts = host.scripts;
  let low = 0;
  let high = scripts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scripts[middle].base < line) low = middle + 1;
    else high = middle;
  }
  return scripts[low - 1];
}
