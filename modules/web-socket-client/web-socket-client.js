'use strict';

// The module web-socket-client, version 2 of the specification. The network, the queue and the
// retries are Python's (accessor_host/modules/web_socket_client/binding.py): operations go there,
// events come from there.

const { codecFor, supportedTypes } = require('kit/codecs');
const { EventEmitter, emitOne } = require('kit/emitter');
const { makeError } = require('kit/errors');
const options = require('kit/options');

const SCHEMA = 'web-socket-client';

// Key of what is nobody's business but this module's. It is not enumerable, so that scripts can
// print and extend the objects freely.
const internal = Symbol('internal');

/** List the MIME types that `receiveType` takes. */
exports.supportedReceiveTypes = supportedTypes;

/** List the MIME types that `sendType` takes. */
exports.supportedSendTypes = supportedTypes;

/**
 * A client of a web socket server.
 *
 * Emits `open`, `message` (value), `close` (code, reason) and `error` (Error).
 */
class Client extends EventEmitter {
  /**
   * @param {object} [given] options, see schemas/web-socket-client.schema.json
   * @throws {TypeError} an option's value is not allowed
   */
  constructor(given) {
    super();
    const resolved = options.resolve(SCHEMA, given);
    const receiver = codecFor('receiveType', resolved.receiveType, resolved.maxImagePixels);
    const sender = codecFor('sendType', resolved.sendType, resolved.maxImagePixels);
    Object.assign(this, resolved);
    const lease = host.lease('client', this);
    Object.defineProperty(this, internal, {
      value: { lease, options: resolved, receiver, sender, source: null, open: false }
    });
  }

  /** Begin to connect; `open` or `error` follows. Nothing when it is open, or on its way. */
  open() {
    host.operation('client.open', ask(this));
  }

  /**
   * Send a value, encoded by `sendType`; until the client is open it waits in a queue.
   * @throws {TypeError} the value has no form in that type
   */
  send(data) {
    const state = this[internal];
    const payload = state.sender.encode(data);
    ask(this);
    host.send(state.source, payload, state.sender.isJson);
  }

  /**
   * Close the connection, or give up connecting; what waits in the queue is reported.
   * @param {number} [code] 1000 to 1003, 1007 to 1014 or 3000 to 4999
   * @param {string} [reason] at most 123 bytes of UTF-8
   * @throws {TypeError|RangeError} code or reason is not allowed
   */
  close(code = 1000, reason = '') {
    require('kit/closing').checkClose(code, reason);
    const state = this[internal];
    state.open = false;
    if (state.lease.target !== 0) host.operation('client.close', ask(this), code, reason);
  }

  /** Tell whether messages go out at once. */
  isOpen() {
    return this[internal].open;
  }

  [host.receive](type, a, b, c) {
    receivers[type](this, this[internal], a, b, c);
  }

  [host.describe](type) {
    const event = scriptEvents[type];
    return [`'${event}' of a Client`, this.listeners(event)[0]];
  }
}

function ask(client) {
  const state = client[internal];
  const isNew = state.lease.target === 0;
  const target = state.lease.ask();
  if (isNew) {
    state.source = new host.Source('client.send', target);
    host.operation('client.create', target, state.options);
  }
  return target;
}

// What scripts see of an event.
const scriptEvents = { opened: 'open', message: 'message', closed: 'close', failed: 'error' };

// Events of a client, by name.
const receivers = {
  opened(client, state) {
    state.open = true;
    client.emit('open');
  },

  message(client, state, payload) {
    emitOne(client, 'message', state.receiver.decode(payload));
  },

  failed(client, state, code, message, missing) {
    const lacks = missing ? host.fromJson(missing) : [];
    client.emit('error', makeError(code, message, lacks[0], lacks[1]));
  },

  idle(client, state, answered) {
    state.lease.offer(answered);
  },

  closed(client, state, code, reason) {
    state.open = false;
    client.emit('close', code, reason);
  }
};

exports.Client = Client;
