'use strict';

// Servers whose port others share: each has a number, by which Python knows both sides
// (accessor_host/core/doors.py). The modules do not know each other; they meet here.

const numbers = new WeakMap();
let last = 0;

/** Give a server a number by which others may find it, and return it. */
exports.openDoor = function openDoor(server) {
  numbers.set(server, ++last);
  return last;
};

/**
 * Return the number of a server.
 * @param {*} server what a script says is one
 * @returns {number} 0 for what is none
 */
exports.doorOf = function doorOf(server) {
  return (typeof server === 'object' && server !== null && numbers.get(server)) || 0;
};
