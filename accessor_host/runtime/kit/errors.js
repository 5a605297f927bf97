'use strict';

// Errors that modules make for scripts: with a `code` that programs can test for.

const { wrongType } = require('node/internal/coded-error');

/**
 * Make an error with a code.
 * @param {string} code for programs
 * @param {string} message for people
 * @param {string} [permission] that is missing, for example `listen`
 * @param {string} [resource] for which it is missing, if it is
 */
function makeError(code, message, permission, resource) {
  const error = new Error(message);
  error.code = code;
  if (permission !== undefined) {
    error.permission = permission;
    error.resource = resource;
  }
  return error;
}

exports.makeError = makeError;

/**
 * Make the error for what the Python half says has failed.
 * @param {string} code for programs
 * @param {string} message for people
 * @param {string} [missing] JSON: the permission that is missing, and for what; empty for none
 */
exports.errorOf = function errorOf(code, message, missing) {
  const lacks = missing ? host.fromJson(missing) : [];
  return makeError(code, message, lacks[0], lacks[1]);
};

/** Make the TypeError for an argument of the wrong kind: `wrongType(name, expected, actual)`. */
exports.wrongType = wrongType;
