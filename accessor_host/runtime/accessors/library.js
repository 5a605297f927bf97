'use strict';

// Classes by name: their files come from Python, which looks into the current directory and the
// folders of the library.

const { arrayJoin, each, stringReplace } = primordials;

const modules = require('core/modules');

const located = new Map();
const defined = new Map();

/**
 * Let a name stand for a class that is no file of the library.
 * @param {string} className as scripts name it
 * @param {object} file what `find` returns for it
 */
exports.define = function define(className, file) {
  defined.set(withoutExtension(className), file);
};

function withoutExtension(className) {
  return stringReplace(className, /\.js$/, '');
}

/**
 * Take classes that Python found by looking at the scripts beforehand.
 * @param {Array} found entries `[className, answer]`, answers as in `find`
 */
exports.preload = function preload(found) {
  for (const entry of each(found)) {
    located.set(entry[0], Object.setPrototypeOf(entry[1], null));
  }
};

/**
 * Find the file of a class.
 * @param {string} className for example `net/WebSocketServer`, with or without `.js`
 * @returns {{path: string, directory: string, source: string}}
 * @throws {Error} it is not there; the places searched are named
 */
exports.find = function find(className) {
  const file = defined.get(withoutExtension(className));
  if (file !== undefined) return file;
  let answer = located.get(className);
  if (answer === undefined) {
    answer = ask(className);
    // One that is missing may come to be.
    if (answer.missing === undefined) located.set(className, answer);
  }
  if (answer.missing === undefined) return answer;
  const others =
    defined.size === 0 ? '' : '; defined in Python: ' + arrayJoin([...each(defined.keys())], ', ');
  const error = new Error(
    "Cannot find accessor class '" + className + "'" + answer.missing + others
  );
  error.code = 'CLASS_NOT_FOUND';
  if (answer.denied !== undefined) {
    error.code = answer.denied.code;
    error.permission = answer.denied.permission;
    error.resource = answer.denied.resource;
  }
  throw error;
};

function ask(className) {
  const answer = host.ask('class', [className]);
  if (answer !== undefined) return answer;
  throw new Error(
    "Cannot load accessor class '" +
      className +
      "' here: a callback under a time limit can only " +
      'load classes whose names stand in the scripts as literal strings'
  );
}

/** Return the source text of a class; see `find`. */
exports.getAccessorCode = (className) => exports.find(className).source;

/** Return `require` for the script in a file. */
exports.requireFrom = (file) => modules.requireFrom(file.path, file.directory);
