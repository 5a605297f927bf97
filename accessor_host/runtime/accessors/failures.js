'use strict';

// Errors of scripts, told with the accessor and the place where they happened.

const {
  arrayFilter,
  arrayJoin,
  arrayPush,
  each,
  errorStack,
  functionLine,
  regExpTest,
  setErrorStack,
  stringEndsWith,
  stringIndexOf,
  stringReplace,
  stringSlice,
  stringSplit,
  stringTrim
} = primordials;

const { NULL, makeRoom } = require('core/error-texts');
const running = require('accessors/running');
const { place } = require('core/stack');

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
  makeRoom(error);
  if (isError(error) && explained.has(error)) return error;
  // On a full heap or stack nothing more can be made; the caller says where it was.
  if (isError(error) && error instanceof InternalError) return error;
  const message = 'Exception in ' + where + ': ' + show(error);
  const told = new Error(message);
  // Not as it says itself: a script may have replaced the method.
  setErrorStack(told, arrayJoin(['Error: ' + message, ...each(framesOf(error))], '\n'));
  copyProperties(told, error);
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
      arrayPush(this.failures, exports.explain(error, this.where));
    }
  }

  finish() {
    const [first, ...others] = each(this.failures);
    for (const other of each(others)) host.report(other);
    if (first !== undefined) throw first;
  }
};

// What is thrown may be anything, a proxy that throws in its own turn too.
function attempt(work, otherwise) {
  try {
    return work();
  } catch {
    return otherwise;
  }
}

function isError(error) {
  return attempt(() => error instanceof Error, false);
}

function show(error) {
  if (error === null) return NULL;
  const inWords = () =>
    error instanceof Error ? String(error) : require('node/internal/inspect').inspect(error);
  return attempt(inWords, 'an error that cannot be shown');
}

// Its code, above all.
function copyProperties(told, error) {
  if (isError(error)) attempt(() => Object.assign(told, error));
}

function framesOf(error) {
  const stack = isError(error) ? attempt(() => errorStack(error)) : undefined;
  const lines = typeof stack === 'string' ? stringSplit(stack, '\n') : [];
  const frames = arrayFilter(lines, (line) => regExpTest(/^\s+at /, line));
  // Whatever else a script throws has no trace, nor has the error of a full stack: there is at
  // least the function that runs.
  if (frames.length === 0) arrayPush(frames, exports.frameOf((running.describe() || [])[1]));
  // A callback of inline code has only lines of that code; where it stands is no caller of it.
  for (let last = lastOf(frames, 1); last !== undefined && last !== lastOf(frames, 2);) {
    last = origins.get(fileOf(last));
    if (last !== undefined) arrayPush(frames, last);
  }
  return arrayFilter(frames, (frame) => frame !== '');
}

function lastOf(list, count) {
  return list.length < count ? undefined : list[list.length - count];
}

// Frames are `at NAME (FILE:LINE:COLUMN)`, or without a name.
function fileOf(frame) {
  const text = stringSlice(stringTrim(frame), 'at '.length);
  const place = stringEndsWith(text, ')')
    ? stringSlice(text, stringIndexOf(text, ' (') + 2, -1)
    : text;
  return stringReplace(place, /:\d+:\d+$/, '');
}

/** Note that a script makes an accessor of source text, which gets this file name. */
exports.noteInline = function noteInline(path) {
  const stack = errorStack(new Error());
  // There is none when the script is about to fill the stack.
  const frame = typeof stack === 'string' ? stringSplit(stack, '\n')[1] : undefined;
  if (frame !== undefined) origins.set(path, frame);
};

/** Return a line of a stack trace for a function as a whole, or '' when it has no place. */
exports.frameOf = function frameOf(func) {
  const found = typeof func === 'function' ? place(functionLine(func)) : null;
  if (found === null) return '';
  return func.name ? '    at ' + func.name + ' (' + found + ')' : '    at ' + found;
};
