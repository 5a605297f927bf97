'use strict';

// Clock domains: timers with the same label share one logical clock, which shows when the last of
// them was due. A timer without a label has a clock of its own.

const { now } = require('accessors/time/clock');

const labelled = new Map();
let nextOrder = 1;

/**
 * Enter a domain with one more timer.
 * @param {string|undefined} label
 * @returns {object} the domain: `{label, order, time, timers}`
 */
exports.enter = function enter(label) {
  let domain = label === undefined ? undefined : labelled.get(label);
  if (domain === undefined) {
    domain = { label, order: nextOrder++, time: now(), timers: 0 };
    if (label !== undefined) labelled.set(label, domain);
  }
  domain.timers++;
  return domain;
};

/** Leave a domain; its clock ends with its last timer. */
exports.leave = function leave(domain) {
  if (--domain.timers === 0 && domain.label !== undefined) labelled.delete(domain.label);
};

/** Return the logical time of a label's clock, or undefined when it has no timer. */
exports.timeOf = function timeOf(label) {
  const domain = labelled.get(label);
  return domain === undefined ? undefined : domain.time;
};
