'use strict';

// The module web-socket-client, version 2 of the specification. The network, the queue and the
// retries are Python's (accessor_host/modules/web_socket_client/binding.py): operations go there,
// events come from there.

const { codecFor, supportedTypes } = require('kit/codecs');
const { EventEmitter, emitOne, listenersOf } = require('kit/emitter');
const { errorOf } = require('kit/errors');
const options = require('kit/options');

const SCHEMA = 'web-socket-client';

// Errors of one message; of an open client, any other ends the connection.
const OF_A_MESSAGE = { __proto__: null, WS_BAD_IMAGE: true, WS_QUEUE_FULL: true };

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
  #state;

  /**
   * @param {string|object} [given] URL of the server, as the option `url`; or the options, see
   *   schemas/web-socket-client.schema.json
   * @param {object} [more] the options, behind a URL
   * @throws {TypeError} an option's value is not allowed
   */
  constructor(given, more) {
    super();
    const resolved = resolve(given, more);
    const receiver = codecFor('receiveType', resolved.receiveType, resolved.maxImagePixels);
    const sender = codecFor('sendType', resolved.sendType, resolved.maxImagePixels);
    options.assign(this, SCHEMA, { ...resolved });
    if (resolved.headers !== null) {
      // Its own: what a script changes there does not reach Python.
      this.headers = require('kit/handshake').copyHeaders(resolved.headers);
    }
    this.#state = new ClientState(this, resolved, receiver, sender);
  }

  /** Begin to connect; `open` or `error` follows. Nothing when it is open, or on its way. */
  open() {
    host.operation('client.open', ask(this.#state));
  }

  /**
   * Send a value, encoded by `sendType`; until the client is open it waits in a queue.
   * @throws {TypeError} the value has no form in that type
   */
  send(data) {
    const state = this.#state;
    const payload = state.sender.encode(data);
    ask(state);
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
    const state = this.#state;
    state.open = false;
    if (state.lease.target !== 0) host.operation('client.close', ask(state), code, reason);
  }

  /** Tell whether messages go out at once. */
  isOpen() {
    return this.#state.open;
  }

  /** Return what the server chose of `subprotocols` when the client opened last; '' for none. */
  subprotocol() {
    return this.#state.subprotocol;
  }
}

/** Return all options, checked; few clients have those that take more than a schema. */
function resolve(given, more) {
  const isUrl = typeof given === 'string';
  const resolved = options.resolve(SCHEMA, isUrl ? more : given);
  if (isUrl) resolved.url = options.resolve(SCHEMA, { url: given }).url;
  if (resolved.url !== '') {
    require('kit/handshake').applyUrl(resolved, options.resolve(SCHEMA));
  }
  if (resolved.headers !== null) {
    resolved.headers = require('kit/handshake').copyHeaders(resolved.headers);
  }
  return resolved;
}

/** What this module knows of a client, and its events. */
class ClientState {
  constructor(client, resolved, receiver, sender) {
    this.client = client;
    this.options = resolved;
    this.receiver = receiver;
    this.sender = sender;
    this.source = null;
    this.open = false;
    this.subprotocol = '';
    this.lease = host.lease('client', this);
  }

  receive(type, a, b, c) {
    receivers[type](this.client, this, a, b, c);
  }

  describe(type) {
    const event = scriptEvents[type];
    return ["'" + event + "' of a Client", listenersOf(this.client, event)[0]];
  }
}

function ask(state) {
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
  opened(client, state, subprotocol) {
    state.open = true;
    state.subprotocol = subprotocol;
    client.emit('open');
  },

  message(client, state, payload) {
    emitOne(client, 'message', state.receiver.decode(payload));
  },

  failed(client, state, code, message, missing) {
    if (OF_A_MESSAGE[code] === undefined) state.open = false;
    client.emit('error', errorOf(code, message, missing));
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
