'use strict';

// Promises that were rejected and that nobody has handled yet. The engine's own tracker feeds
// this where the binding has one (engine/quickjs/rejections.py).

const { each } = primordials;

const unhandled = new Map();

/** Remember a rejected promise. */
exports.rejected = function rejected(promise, reason) {
  unhandled.set(promise, reason);
};

/** Forget a promise that got a handler after all. */
exports.handled = function handled(promise) {
  unhandled.delete(promise);
};

/** Report what is still unhandled when the microtasks of an event have run. */
exports.reportAll = function reportAll() {
  const reasons = unhandled.values();
  unhandled.clear();
  for (const reason of each(reasons)) host.report(reason, 'Unhandled rejection:');
};
