'use strict';

// The time of timers: that of the wall clock when the program began, going on steadily. When the
// wall clock is set, as on a device without a battery for it, no interval stops or makes up years.

const { dateNow } = primordials;

const { performance } = globalThis;

const start = dateNow() - performance.now();

/** Return the time in whole ms since 1970. */
exports.now = () => Math.floor(start + performance.now());
