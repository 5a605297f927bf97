'use strict';

// Options that a script may give as an object, or as JSON.

const { makeError } = require('kit/errors');

/**
 * Return what a script gives as options; an empty text is none.
 * @param {*} given an object, JSON, or anything else, which is returned as it is
 * @param {string} code of the error for a text that is no JSON
 * @param {string} owner whose options they are, for that error
 */
exports.readOptions = function readOptions(given, code, owner) {
  if (typeof given !== 'string') return given;
  if (given === '') return undefined;
  try {
    return host.fromJson(given);
  } catch {
    throw makeError(code, 'the options of ' + owner + ' are no JSON text');
  }
};
