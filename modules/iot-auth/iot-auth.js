'use strict';

// The module iot-auth of the specification, as the accessors use it. What is encrypted, and the
// network, are Python's (accessor_host/modules/iot_auth/binding.py). Keys are opaque here: what they
// are made of is in no property that a script, or a log, could show.

const { arrayPush, dateNow, each, isArray, isInteger } = primordials;

const { bytesOf, encodeUtf8, fromBase64, toBase64 } = require('kit/binary');
const { makeError, wrongType } = require('kit/errors');
const { ask } = require('kit/questions');

exports.msgType = Object.freeze({
  AUTH_HELLO: 0,
  SESSION_KEY_REQ_IN_PUB_ENC: 20,
  SESSION_KEY_RESP_WITH_DIST_KEY: 21,
  SESSION_KEY_REQ: 22,
  SESSION_KEY_RESP: 23,
  SKEY_HANDSHAKE_1: 30,
  SKEY_HANDSHAKE_2: 31,
  SKEY_HANDSHAKE_3: 32,
  SECURE_COMM_MSG: 33,
  FIN_SECURE_COMM: 34,
  SECURE_PUB: 40,
  AUTH_ALERT: 100
});

exports.SESSION_KEY_ID_SIZE = 8;
exports.HANDSHAKE_NONCE_SIZE = 8;

exports.publicKeyCryptoSpecs = ['RSA/ECB/PKCS1PADDING:SHA256withRSA'];
exports.symmetricCryptoSpecs = [
  'AES-128-CBC:HmacSHA256',
  'AES-192-CBC:HmacSHA256',
  'AES-128-GCM'
];

const PUBLIC_KEY_SPEC = exports.publicKeyCryptoSpecs[0];

// Digits of a length in base 128.
const MAX_DIGITS = 5;

// Of opaque values: what Python knows them by.
const secrets = new WeakMap();

function opaque(properties, secret) {
  const value = Object.freeze(properties);
  secrets.set(value, secret);
  return value;
}

function secretOf(name, value) {
  const isObject = typeof value === 'object' && value !== null;
  const secret = isObject ? secrets.get(value) : undefined;
  if (secret === undefined) throw wrongType(name, 'a key of this module', value);
  return secret;
}

/**
 * Read Auth's certificate.
 * @param {string} path of a certificate in PEM
 * @returns {object} an opaque value
 * @throws {Error} it cannot be read
 */
exports.loadPublicKey = function loadPublicKey(path) {
  if (typeof path !== 'string') throw wrongType('path', 'of type string', path);
  return opaque({ type: 'public' }, ask('iot-auth.load', path, false));
};

/**
 * Read an entity's private key.
 * @param {string} path of a private key in PEM, without a password
 * @returns {object} an opaque value
 * @throws {Error} it cannot be read
 */
exports.loadPrivateKey = function loadPrivateKey(path) {
  if (typeof path !== 'string') throw wrongType('path', 'of type string', path);
  return opaque({ type: 'private' }, ask('iot-auth.load', path, true));
};

/**
 * Ask Auth for session keys.
 * @param {object} given authHost, authPort, entityName, numKeysPerRequest, purpose,
 *   distributionKey, distributionCryptoSpec, publicKeyCryptoSpec, authPublicKey, entityPrivateKey;
 *   and requestEncoding: 'current', or 'older' for an Auth of older Cape Code
 * @param {function(object, ?object, object[], *)} callback status, new distribution key or null,
 *   session keys, extra. The status is {success: true} or {error}
 * @param {*} extra handed on to the callback
 * @throws {TypeError} one of these is not allowed
 */
exports.sendSessionKeyRequest = function sendSessionKeyRequest(given, callback, extra) {
  if (typeof callback !== 'function') throw wrongType('callback', 'of type function', callback);
  const spec = given.publicKeyCryptoSpec;
  if (spec !== undefined && spec !== PUBLIC_KEY_SPEC) {
    throw wrongType('publicKeyCryptoSpec', "'" + PUBLIC_KEY_SPEC + "'", spec);
  }
  const encoding = given.requestEncoding === undefined ? 'current' : given.requestEncoding;
  if (encoding !== 'current' && encoding !== 'older') {
    throw wrongType('requestEncoding', "'current' or 'older'", encoding);
  }
  const old = given.distributionKey;
  const request = {
    name: textOf('entityName', given.entityName),
    count: given.numKeysPerRequest === undefined ? 1 : given.numKeysPerRequest,
    purpose: host.stringify(given.purpose),
    spec: textOf('distributionCryptoSpec', given.distributionCryptoSpec),
    auth: secretOf('authPublicKey', given.authPublicKey),
    entity: secretOf('entityPrivateKey', given.entityPrivateKey),
    distribution: old === undefined || old === null ? '' : secretOf('distributionKey', old),
    older: encoding === 'older'
  };
  if (!isInteger(request.count)) throw wrongType('numKeysPerRequest', 'an integer', request.count);
  if (request.purpose === undefined) throw wrongType('purpose', 'an object', given.purpose);
  const state = { callback, extra };
  const lease = host.lease('iot-auth', {
    receive(type, a, b) {
      if (type === 'idle') lease.offer(a);
      else if (type === 'refused') state.callback({ error: a }, null, [], state.extra);
      else {
        const fresh = a === '' ? null : opaque({ type: 'distribution' }, a);
        const keys = [];
        for (const one of each(host.fromJson(b))) arrayPush(keys, sessionKey(one));
        state.callback({ success: true }, fresh, keys, state.extra);
      }
    },
    describe: () => ['the callback of sendSessionKeyRequest', state.callback]
  });
  const address = textOf('authHost', given.authHost);
  host.operation('iot-auth.request', lease.ask(), address, portOf(given.authPort), request);
};

function sessionKey(fields) {
  const [id, absValidity, relValidity, wire] = each(fields);
  return opaque({ type: 'session', id, absValidity, relValidity }, wire);
}

/**
 * Connect to another entity with a session key.
 * @param {object} given serverHost, serverPort, sessionKey, sessionCryptoSpec
 * @param {object} handlers onConnection(secureSocket), onData(buffer), onClose(), onError(text)
 * @throws {TypeError} one of these is not allowed
 */
exports.initializeSecureCommunication = function initializeSecureCommunication(given, handlers) {
  const key = secretOf('sessionKey', given.sessionKey);
  const address = textOf('serverHost', given.serverHost);
  const port = portOf(given.serverPort);
  const spec = textOf('sessionCryptoSpec', given.sessionCryptoSpec);
  const end = new End(handlers);
  host.operation('iot-auth.connect', end.lease.ask(), address, port, spec, key);
};

/**
 * Listen for entities.
 * @param {object} given serverPort, sessionCryptoSpec
 * @param {object} handlers onServerListening(port), onServerError(text),
 *   onClientRequest(payload, socket, sendHandshake2(payload, socket, key)),
 *   onConnection(info, secureSocket), onData(buffer, id), onClose(id), onError(text, id)
 * @returns {{stop: function()}}
 * @throws {TypeError} one of these is not allowed
 */
exports.initializeSecureServer = function initializeSecureServer(given, handlers) {
  const port = portOf(given.serverPort);
  const spec = textOf('sessionCryptoSpec', given.sessionCryptoSpec);
  const end = new End(handlers, true);
  host.operation('iot-auth.listen', end.lease.ask(), port, spec);
  return {
    stop() {
      if (end.lease.target !== 0) host.operation('iot-auth.close', end.lease.ask(), -1);
    }
  };
};

// A client, or a server: what the script's handlers get.
class End {
  constructor(handlers, isServer = false) {
    if (typeof handlers !== 'object' || handlers === null) {
      throw wrongType('handlers', 'an object with functions', handlers);
    }
    this.handlers = handlers;
    this.isServer = isServer;
    this.sockets = new Map();
    this.lease = host.lease('iot-auth', this);
  }

  tell(name, ...details) {
    const handler = this.handlers[name];
    if (typeof handler === 'function') handler(...each(details));
  }

  receive(type, a, b) {
    receivers[type](this, a, b);
  }

  describe(type) {
    const name = handlerNames[type];
    return [name + ' of iot-auth', this.handlers[name]];
  }
}

const handlerNames = {
  __proto__: null,
  listening: 'onServerListening',
  unlistened: 'onServerError',
  requested: 'onClientRequest',
  opened: 'onConnection',
  data: 'onData',
  closed: 'onClose',
  failed: 'onError'
};

const receivers = {
  __proto__: null,

  listening: (end, port) => end.tell('onServerListening', port),
  unlistened: (end, reason) => end.tell('onServerError', reason),

  requested(end, payload, id) {
    const socket = Object.freeze({ id });
    const answer = (request, _socket, key) => {
      const bytes = bytesOf(request);
      if (bytes === null) throw wrongType('payload', 'what onClientRequest got', request);
      const secret = secretOf('key', key);
      if (end.lease.target === 0) return;
      host.operation('iot-auth.answer', end.lease.ask(), id, toBase64(bytes), secret);
    };
    end.tell('onClientRequest', bufferOf(payload), socket, answer);
  },

  opened(end, text, id) {
    const peer = host.fromJson(text);
    const socket = new SecureSocket(end, id, peer.expires);
    end.sockets.set(id, socket);
    if (!end.isServer) return end.tell('onConnection', socket);
    const info = { id, remoteHost: peer.host, remotePort: peer.port, status: 'open' };
    return end.tell('onConnection', info, socket);
  },

  data: (end, data, id) => end.tell('onData', bufferOf(data), id),
  failed: (end, reason, id) => end.tell('onError', reason, id),

  closed(end, id) {
    const socket = end.sockets.get(id);
    end.sockets.delete(id);
    if (socket !== undefined) socket.end();
    end.tell('onClose', id);
  },

  idle: (end, answered) => end.lease.offer(answered)
};

/** A secure connection, as handlers get it. */
class SecureSocket {
  #end;
  #id;
  #expires;
  #isOpen = true;

  constructor(end, id, expires) {
    this.#end = end;
    this.#id = id;
    this.#expires = expires;
  }

  /** Send a text or bytes; false when it is closed, or the session key has expired. */
  send(data) {
    const bytes = dataOf(data);
    if (!this.#isOpen || !this.checkSessionKeyValidity()) return false;
    host.operation('iot-auth.send', this.#end.lease.ask(), this.#id, toBase64(bytes));
    return true;
  }

  /** End the connection. */
  close() {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    host.operation('iot-auth.close', this.#end.lease.ask(), this.#id);
  }

  /** Tell whether the session key has not expired. */
  checkSessionKeyValidity() {
    return dateNow() < this.#expires;
  }

  /** Take that the connection is over. */
  end() {
    this.#isOpen = false;
  }
}

/**
 * Encrypt a message to be published, by mqtt with `rawBytes` for example.
 * @param {{sequenceNum: number, data: *}} message data is a text or bytes
 * @param {string} spec one of symmetricCryptoSpecs
 * @param {object} key a session key
 * @returns {number[]} bytes
 * @throws {Error} the key has expired, or is not for that spec
 */
exports.encryptSecureMessageToPublish = function encryptSecureMessageToPublish(message, spec, key) {
  const number = message.sequenceNum;
  if (!isInteger(number) || number < 0) throw wrongType('sequenceNum', 'an integer', number);
  const secret = secretOf('key', key);
  const data = toBase64(dataOf(message.data));
  return listOf(fromBase64(ask('iot-auth.encrypt', data, number, textOf('spec', spec), secret)));
};

/**
 * Read which session key a published message is encrypted with.
 * @param {number[]|Uint8Array} given what was published
 * @returns {{success: boolean}} with keyId and encryptedMessage, or with error
 */
exports.getKeyIdOfSecurePublishedMessage = function getKeyIdOfSecurePublishedMessage(given) {
  let bytes;
  try {
    bytes = dataOf(given);
  } catch (error) {
    return { success: false, error: error.message };
  }
  if (bytes.length < 2 || bytes[0] !== exports.msgType.SECURE_PUB) {
    return { success: false, error: 'it is no secure message' };
  }
  let length = 0;
  let factor = 1;
  let at = 1;
  for (;;) {
    if (at > MAX_DIGITS || at >= bytes.length) {
      return { success: false, error: 'its length is none' };
    }
    const digit = bytes[at++];
    length += (digit & 127) * factor;
    factor *= 128;
    if (digit < 128) break;
  }
  if (bytes.length - at !== length || length < exports.SESSION_KEY_ID_SIZE) {
    return { success: false, error: 'it is not as long as it says' };
  }
  const start = at + exports.SESSION_KEY_ID_SIZE;
  const encryptedMessage = [];
  for (let i = start; i < bytes.length; i++) arrayPush(encryptedMessage, bytes[i]);
  return { success: true, keyId: numberAt(bytes, at, start), encryptedMessage };
};

/**
 * Decrypt a published message.
 * @param {number[]|Uint8Array} message as encryptedMessage of getKeyIdOfSecurePublishedMessage
 * @param {string} spec one of symmetricCryptoSpecs
 * @param {object} key a session key
 * @returns {{success: boolean}} with sequenceNum and message, a list of bytes; or with error
 */
exports.decryptSecurePublishedMessage = function decryptSecurePublishedMessage(message, spec, key) {
  try {
    const data = toBase64(dataOf(message));
    const secret = secretOf('key', key);
    const answer = ask('iot-auth.decrypt', data, textOf('spec', spec), secret);
    return { success: true, sequenceNum: answer[0], message: listOf(fromBase64(answer[1])) };
  } catch (error) {
    return { success: false, error: error.message };
  }
};

// What handlers get: a Buffer whose numbers may have eight bytes, and that gives its bytes as a list.
function bufferOf(base64) {
  const buffer = fromBase64(base64);
  Object.defineProperty(buffer, 'getArray', { __proto__: null, value: () => listOf(buffer) });
  Object.defineProperty(buffer, 'readUIntBE', {
    __proto__: null,
    value(offset, size) {
      if (!isInteger(offset) || !isInteger(size) || size < 1 || size > 8 || offset < 0) {
        throw wrongType('offset and byteLength', 'integers, the second up to 8', [offset, size]);
      }
      if (offset + size > buffer.length) {
        throw makeError('ERR_OUT_OF_RANGE', 'the buffer ends before this number');
      }
      return numberAt(buffer, offset, offset + size);
    }
  });
  return buffer;
}

// As exact as a number is: the upper half is, and the sum is rounded once.
function numberAt(bytes, start, end) {
  let high = 0;
  let low = 0;
  for (let i = start; i < end; i++) {
    if (end - i > 4) high = high * 256 + bytes[i];
    else low = low * 256 + bytes[i];
  }
  return high * 4294967296 + low;
}

function dataOf(data) {
  if (typeof data === 'string') return encodeUtf8(data);
  if (!isArray(data)) {
    const bytes = bytesOf(data);
    if (bytes === null) throw wrongType('data', 'a text or bytes', data);
    return bytes;
  }
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    // Java's bytes are signed.
    if (!isInteger(data[i]) || data[i] < -128 || data[i] > 255) {
      throw wrongType('data[' + i + ']', 'a byte', data[i]);
    }
    bytes[i] = data[i];
  }
  return bytes;
}

function listOf(bytes) {
  const list = [];
  for (let i = 0; i < bytes.length; i++) arrayPush(list, bytes[i]);
  return list;
}

function textOf(name, value) {
  if (typeof value !== 'string') throw wrongType(name, 'of type string', value);
  return value;
}

function portOf(port) {
  if (!isInteger(port) || port < 0 || port > 65535) {
    throw wrongType('port', 'an integer up to 65535', port);
  }
  return port;
}
