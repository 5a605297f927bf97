'use strict';

// Stack traces with the names of scripts and their own lines, in the form that Node prints.

// The parts of the runtime that call scripts.
const CALLS_SCRIPTS = /^accessor-host:(?:core|kit|accessors|node\/internal)\//;

/** Install the hook that formats `stack` when an error is made. */
exports.install = function install() {
  // Assigned, not defined: the engines look at an internal slot behind this property.
  Error.prepareStackTrace = formatStack;
};

function formatStack(error, frames) {
  const lines = [describe(error)];
  for (const frame of frames) {
    const place = locate(frame.getLineNumber(), frame.getColumnNumber());
    if (place === null) continue;
    const name = frame.getFunctionName();
    lines.push(name ? `    at ${name} (${place})` : `    at ${place}`);
  }
  return lines.join('\n');
}

function describe(error) {
  try {
    return String(error);
  } catch {
    return 'Error';
  }
}

// A frame without a place helps nobody who reads a script's trace: the engine's own functions, the
// bootstrap, and what calls scripts.
function locate(line, column) {
  if (typeof line !== 'number' || line < 1) return null;
  const script = scriptAt(line);
  if (script === undefined || CALLS_SCRIPTS.test(script.name)) return null;
  // The wrapper's head takes the base line itself.
  return `${script.name}:${line - script.base}:${column}`;
}

/** Return `file:line` for a line as the engine counts it, or null. */
exports.place = function place(line) {
  const located = locate(line, 0);
  return located === null ? null : located.replace(/:0$/, '');
};

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
