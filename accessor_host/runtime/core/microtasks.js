'use strict';

// Whether scripts can put work into the microtask queue. Microtasks run between two events, which
// one engine (dukpy) can do only at a price: only scripts that may need it pay.
//
// A script is searched for what can make promises, in its comments and strings too: to tell those
// from code takes a parser, and a promise that is overlooked never runs. A script can still hide
// one, as `globalThis['Pro' + 'mise']`.

const { regExpTest } = primordials;

const SOURCES = new RegExp(
  '\\b(?:async|await|Promise|then|queueMicrotask|promisify|import|eval|Function|fromAsync|' +
    'waitAsync|FinalizationRegistry)\\b'
);

/** Whether there may be microtasks, read for every event. */
const microtasks = { expected: false };
exports.microtasks = microtasks;

/** Expect microtasks from now on, whatever the scripts contain. */
exports.expectMicrotasks = function expectMicrotasks() {
  microtasks.expected = true;
};

/**
 * Expect microtasks from now on if a script contains what can make them.
 * @param {string} source text of the script
 */
exports.expectMicrotasksOf = function expectMicrotasksOf(source) {
  if (!microtasks.expected) microtasks.expected = regExpTest(SOURCES, source);
};
