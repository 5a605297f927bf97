'use strict';

// What is said of an error that nobody catches, also where hardly anything can be said of it.

const { errorStack, errorToString } = primordials;

const BY_THE_ENGINE = ', thrown by the engine itself, as when it is out of memory';

/** What is said of null: where there is no room for an error, an engine throws it. */
const NULL = 'null, by a script or because the engine is out of memory';
exports.NULL = NULL;

// Held for the moment in which the heap is full: to say so takes room, too.
const RESERVE = 256 * 1024;
const Reserve = ArrayBuffer;
let reserve = new Reserve(RESERVE);

/** Make room for what is to be said of an error, if there may be none: the heap is full. */
exports.makeRoom = function makeRoom(error) {
  if (isOfEngine(error)) reserve = null;
};

/** Hold room again, once there is some. */
exports.keepRoom = function keepRoom() {
  if (reserve !== null) return;
  try {
    reserve = new Reserve(RESERVE);
  } catch {
    // The heap is still full.
  }
};

function isOfEngine(error) {
  try {
    return error === null || error instanceof InternalError;
  } catch {
    // A proxy of a script's threw when its prototype was asked for.
    return false;
  }
}

/** Return an error in a line. */
exports.summarize = function summarize(error) {
  try {
    return error instanceof Error ? nameOf(error) : inspect(error);
  } catch {
    return 'an error that cannot be shown';
  }
};

/** Return an error with its stack, if it has one. */
exports.show = function show(error) {
  if (error === null) return NULL;
  // On a full heap or stack, inspecting would fail in its own turn.
  if (error instanceof InternalError) return errorStack(error) || nameOf(error);
  try {
    return inspect(error);
  } catch (failure) {
    if (reserve === null || !isOfEngine(failure)) return '';
    // A script has thrown an error of its own on a full heap.
    reserve = null;
    return exports.show(error);
  }
};

/** Tell whether an error says where it was thrown: one of a full stack or heap does not. */
exports.hasTrace = function hasTrace(error) {
  if (error === null) return false;
  if (!(error instanceof Error)) return true;
  // Where there is room for an error, there may be none for its frames. But some have none anywhere.
  const stack = errorStack(error);
  if (typeof stack !== 'string' || stack === '') return false;
  return stack !== exports.summarize(error) || !isHeapFull();
};

function isHeapFull() {
  try {
    return new Reserve(RESERVE) === null;
  } catch {
    return true;
  }
}

// A script may have replaced the method, or have given its error one that throws.
function nameOf(error) {
  let text;
  try {
    text = String(error);
  } catch {
    text = errorToString(error);
  }
  // On a full heap there is no room for a message either.
  return text === 'InternalError' ? text + BY_THE_ENGINE : text;
}

function inspect(value) {
  return host.requireBuiltin('node/internal/inspect').inspect(value);
}
