'use strict';

// Pings that scripts send (RFC 6455 section 5.5.2), and those that wait for their answers.

const { arrayIndexOf, arrayPush, arrayRemove, typedArrayLength } = primordials;

const binary = require('kit/binary');
const { wrongType } = require('kit/errors');

const MAX_PAYLOAD = 125; // What fits in a control frame.

// As accessor_host/websocket/keepalive.py has it, which decides.
const MAX_PINGS = 64;

const waiting = new Map();

/**
 * Wait for the answer to one more ping.
 * @param {number} target of the socket
 * @param {string|Uint8Array|ArrayBuffer} data payload; a string is sent as UTF-8
 * @returns {string|null} the payload in base64; null when too many wait already
 * @throws {TypeError} the data is neither text nor bytes
 * @throws {RangeError} it is too long
 */
exports.ask = function ask(target, data) {
  let asked = waiting.get(target);
  if (asked === undefined) {
    asked = [];
    waiting.set(target, asked);
  }
  // First, as a script may try it over and over.
  if (asked.length >= MAX_PINGS) return null;
  const bytes = binary.bytesOf(typeof data === 'string' ? binary.encodeUtf8(data) : data);
  if (bytes === null) throw wrongType('data', 'a string or bytes', data);
  if (typedArrayLength(bytes) > MAX_PAYLOAD) {
    throw new RangeError('the data of a ping may have ' + MAX_PAYLOAD + ' bytes at most');
  }
  const payload = binary.toBase64(bytes);
  arrayPush(asked, payload);
  return payload;
};

/** Take the answer to a ping, and to those before it; returns the payload as a Buffer. */
exports.answer = function answer(target, payload) {
  const asked = waiting.get(target);
  if (asked !== undefined) arrayRemove(asked, 0, arrayIndexOf(asked, payload) + 1);
  return binary.fromBase64(payload);
};

/** Let go of what is known of a socket. */
exports.forget = function forget(target) {
  waiting.delete(target);
};
