'use strict';

// Which callbacks of accessors run, one inside the other. The host may stop the innermost in the
// middle, and then neither `catch` nor `finally` run: what is still noted was cut off.

const { arrayPush, each } = primordials;

const { follow } = require('core/dispatch');
const owners = require('kit/owners');

let frames = [];
const resumers = [];
let work = null;

owners.findBy(() => (frames.length === 0 ? null : frames[frames.length - 1].accessor));

/** Let a function run after every event in which accessors' code has run. */
exports.afterEvents = function afterEvents(itsWork) {
  work = itsWork;
};

/** Let the work that follows events follow this one. */
exports.wake = function wake() {
  follow(work, exports.describe);
};

/**
 * Note a callback that begins.
 * @param {{accessor: object|null, what: string, callback: Function}} frame whose it is, what it
 *   is in words, and its function
 * @returns {number} what `end` takes
 */
exports.begin = function begin(frame) {
  const depth = frames.length;
  if (depth === 0) exports.wake();
  frames[depth] = frame;
  return depth;
};

/** Note that a callback has ended, and all inside it. */
exports.end = function end(depth) {
  frames.length = depth;
};

/** Say what runs, as `[text, function]`, or null when it is nothing of an accessor. */
exports.describe = function describe() {
  if (frames.length === 0) return null;
  const { accessor, what, callback } = frames[frames.length - 1];
  return [
    accessor === null ? what : what + " of accessor '" + accessor.accessorName + "'",
    callback
  ];
};

/**
 * Let a function put things right when a callback was stopped in the middle.
 * @param {function(object|null)} resume gets the innermost frame, null if there is none
 */
exports.whenStopped = function whenStopped(resume) {
  arrayPush(resumers, resume);
};

/** Between two events: put right what was stopped in the middle, if anything was. */
exports.recover = function recover() {
  const stopped = frames.length === 0 ? null : frames[frames.length - 1];
  frames = [];
  for (const resume of each(resumers)) resume(stopped);
};
