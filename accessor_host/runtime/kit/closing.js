'use strict';

// What a close frame may say (RFC 6455 sections 5.5.1 and 7.4).

const { isInteger } = primordials;

const MAX_REASON_BYTES = 123; // A control frame holds 125, and the code takes 2.

/**
 * Check the arguments of a `close(code, reason)`.
 * @throws {RangeError} the code may not be sent, or the reason is too long
 * @throws {TypeError} the reason is no string
 */
exports.checkClose = function checkClose(code, reason) {
  if (!isAllowed(code)) {
    const { inspect } = require('node/internal/inspect');
    throw new RangeError(
      'close code ' +
        inspect(code) +
        ' is not allowed; ' +
        'expected 1000 to 1003, 1007 to 1014 or 3000 to 4999'
    );
  }
  if (typeof reason !== 'string') throw new TypeError('the reason of a close must be a string');
  if (require('node/internal/utf8').utf8Length(reason) > MAX_REASON_BYTES) {
    throw new RangeError('the reason of a close may have ' + MAX_REASON_BYTES + ' bytes at most');
  }
};

function isAllowed(code) {
  return (
    isInteger(code) &&
    ((code >= 1000 && code <= 1003) ||
      (code >= 1007 && code <= 1014) ||
      (code >= 3000 && code <= 4999))
  );
}
