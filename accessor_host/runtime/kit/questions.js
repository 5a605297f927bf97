'use strict';

// Questions to Python that are answered in the middle of an event: the `questions` of the bindings
// (accessor_host/bindings). A module that asks says so in its package.json,
//
//   "accessorHost": { "synchronous": true }
//
// so that Python knows it beforehand from the literal `require` of a script. Of any other `require`
// it learns here, in time for the next event.

host.operation('asking');

const TOO_LATE = {
  code: 'ERR_REQUIRED_TOO_LATE',
  message:
    'this module cannot be used in the callback that first requires it by a computed name; ' +
    'require it at the top level instead'
};

/**
 * Ask Python, and wait for the answer.
 * @param {string} name which question
 * @param {...*} details values that have a JSON form
 * @returns {*} the answer, a value that has a JSON form
 * @throws {Error} with a `code`, if Python says that the question fails
 */
exports.ask = function ask(name, ...details) {
  const answer = host.ask(name, details);
  if (answer === undefined) throw makeError(TOO_LATE);
  if (answer.error !== undefined) throw makeError(answer.error);
  return answer.value;
};

function makeError({ code, message }) {
  const error = new Error(message);
  error.code = code;
  return error;
}
