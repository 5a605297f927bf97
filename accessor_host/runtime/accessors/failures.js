'use strict';

// Errors of scripts, told with the accessor and the place where they happened.

const running = require('accessors/running');
const { place } = require('internal/stack');

const explained = new WeakSet();

// Where inline code was given, as a frame, by its file name.
const origins = new Map();

/**
 * Make an error that says where in a composite it happened.
 * @param {*} error what was thrown
 * @param {string} where the function and its accessor, in words
 * @returns {Error} an error with the original's stack frames; one that says it already is kept
 */
exports.explain = function explain(error, where) {
  if (error instanceof Error && explained.has(error)) return error;
  // On a full heap or stack nothing more can be made; the caller says where it was.
  if (error instanceof InternalError) return error;
  const told = new Error(`Exception in ${where}: ${show(error)}`);
  told.stack = `${told}\n${framesOf(error)}`;
  // Its code, above all.
  if (error instanceof Error) Object.assign(told, error);
  explained.add(told);
  return told;
};

/**
 * Report an error that nobody catches: it is printed, counted, and everything else runs on.
 * @param {*} error what was thrown
 * @param {string} where as for `explain`
 */
exports.report = function report(error, where) {
  host.report(exports.explain(error, where));
};

/** Run all of some steps, and then throw the first error; the other errors are reported. */
exports.Steps = class Steps {
  constructor(where) {
    this.where = where;
    this.failures = [];
  }

  run(step) {
    try {
      step();
    } catch (error) {
      this.failures.push(exports.explain(error, this.where));
    }
  }

  finish() {
    const [first, ...others] = this.failures;
    for (const other of others) host.report(other);
    if (first !== undefined) throw first;
  }
};

function show(error) {
  return error instanceof Error ? String(error) : require('util').inspect(error);
}

function framesOf(error) {
  // Whatever else a script throws has no trace: there is at least the function that runs.
  if (!(error instanceof Error)) return exports.frameOf((running.describe() || [])[1]);
  const stack = typeof error.stack === 'string' ? error.stack : '';
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  // A callback of inline code has only lines of that code; where it stands is no caller of it.
  for (let last = frames.at(-1); last !== undefined && last !== frames.at(-2); ) {
    last = origins.get(fileOf(last));
    if (last !== undefined) frames.push(last);
  }
  return frames.join('\n');
}

// Frames are `at NAME (FILE:LINE:COLUMN)`, or without a name.
function fileOf(frame) {
  const text = frame.trim().slice('at '.length);
  const place = text.endsWith(')') ? text.slice(text.indexOf(' (') + 2, -1) : text;
  return place.replace(/:\d+:\d+$/, '');
}

/** Note that a script makes an accessor of source text, which gets this file name. */
exports.noteInline = function noteInline(path) {
  const frame = new Error().stack.split('\n')[1];
  if (frame !== undefined) origins.set(path, frame);
};

/** Return a line of a stack trace for a function as a whole, or '' when it has no place. */
exports.frameOf = function frameOf(func) {
  const found = typeof func === 'function' ? place(func.lineNumber) : null;
  if (found === null) return '';
  return func.name ? `    at ${func.name} (${found})` : `    at ${found}`;
};
