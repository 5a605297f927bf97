'use strict';

// Questions to Python that are answered in the middle of an event: the `questions` of the bindings
// (accessor_host/core/bindings.py). A module that asks says so in its package.json,
//
//   "accessorHost": { "synchronous": true }
//
// so that Python knows it beforehand from the literal `require` of a script. Of any other `require`
// it learns here, in time for the next event.

const { requiredTooLate } = require('core/modules');
const { makeError } = require('kit/errors');

host.operation('asking');

/**
 * Ask Python, and wait for the answer.
 * @param {string} name which question
 * @param {...*} details values that have a JSON form
 * @returns {*} the answer, a value that has a JSON form
 * @throws {Error} with a `code`, if Python says that the question fails
 */
exports.ask = function ask(name, ...details) {
  const answer = host.ask(name, details);
  if (answer === undefined) throw requiredTooLate();
  if (answer.error !== undefined) {
    const { code, message, permission, resource } = answer.error;
    throw makeError(code, message, permission, resource);
  }
  return answer.value;
};
