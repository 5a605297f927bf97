'use strict';

// The module socket: TCP with messages, or without. The network, the framing and the retries are
// Python's (accessor_host/modules/socket/binding.py): operations go there, events come from there.

const { arrayPush, each, functionCall, isArray, isInteger } = primordials;

const { elementCodec, isNumeric, supportedReceiveTypes, supportedSendTypes } = require('kit/elements');
const { EventEmitter, emitOne, listenersOf } = require('kit/emitter');
const { errorOf, makeError } = require('kit/errors');
const options = require('kit/options');

const { removeAllListeners } = EventEmitter.prototype;
const { send } = host;

const SCHEMA = 'socket';
const DEFAULT_PORT = 4000;
const MAX_PORT = 65535;

// What only one of the two has.
const OF_CLIENTS = [
  'connectTimeout',
  'discardMessagesBeforeOpen',
  'maxUnsentMessages',
  'reconnectAttempts',
  'reconnectInterval',
  'trustAll'
];
const OF_SERVERS = ['port', 'hostInterface', 'clientAuth', 'maxConnections'];

// What a Socket is made with, and by a SocketServer only.
const fromServer = Symbol('made by a SocketServer');

exports.supportedReceiveTypes = supportedReceiveTypes;
exports.supportedSendTypes = supportedSendTypes;

/** What the two ends of a connection have in common. */
function typesOf(resolved) {
  const receiver = elementCodec('receiveType', resolved.receiveType);
  const sender = elementCodec('sendType', resolved.sendType);
  resolved.receiveType = receiver.type;
  resolved.sendType = sender.type;
  const isRaw = resolved.rawBytes;
  return {
    // The bytes of an image without framing are not known to be one.
    receiver: isRaw && receiver.type === 'image' ? elementCodec('receiveType', 'byte') : receiver,
    sender,
    isJson: sender.type === 'json',
    // Texts that need neither codec.
    sendsText: sender.type === 'string',
    sendsNumbers: isNumeric(sender.type),
    receivesText: receiver.type === 'string',
    // Numbers of a stream come together and are told one by one.
    isApart: isRaw && receiver.type !== 'image' && !resolved.emitBatchDataAsAvailable
  };
}

/** Send a payload. Of a type of numbers, their text is enough: Python knows the type. */
function sendPayload(source, payload, types) {
  if (types.sendsNumbers && payload[0] === 'elements') send(source, payload[2], true);
  else send(source, payload, types.isJson);
}

/** Resolve options, without those of the other class. */
function resolve(given, others, className) {
  const all = options.resolve(SCHEMA, given);
  const own = { ...all };
  for (const name of each(others)) {
    delete own[name];
    if (given !== null && given !== undefined && given[name] !== undefined) {
      host.warn("unknown option '" + name + "' of a " + className);
    }
  }
  return own;
}

/** Give an object its options; printing them does not print those that are secret. */
function publish(resolved) {
  const shown = {};
  options.assign(shown, SCHEMA, resolved);
  return shown;
}

/** Emit `data` for a payload. */
function deliver(emitter, state, payload) {
  if (state.types.receivesText) {
    emitOne(emitter, 'data', payload);
    return;
  }
  const value = state.types.receiver.decode(payload);
  if (!state.types.isApart || !isArray(value)) {
    emitOne(emitter, 'data', value);
    return;
  }
  for (let i = 0; i < value.length && state.open; i++) {
    try {
      emitOne(emitter, 'data', value[i]);
    } catch (error) {
      // The next is an event of its own to the script.
      host.report(error);
    }
  }
}

/** Emit `close`; nothing more follows. */
function emitClose(emitter) {
  try {
    emitter.emit('close');
  } finally {
    functionCall(removeAllListeners, emitter);
  }
}

/**
 * A client of a TCP server.
 *
 * Emits `open`, `data` (value), `close` and `error` (Error).
 */
class SocketClient extends EventEmitter {
  #state;

  /**
   * @param {number} [port] of the server; null is 4000
   * @param {string} [server] name or address of the server; localhost when left out
   * @param {object} [given] options, see schemas/socket.schema.json
   * @throws {TypeError} the port, the host or an option's value is not allowed
   */
  constructor(port, server, given) {
    super();
    const resolved = resolve(given, OF_SERVERS, 'SocketClient');
    const types = typesOf(resolved);
    this.port = port === null || port === undefined ? DEFAULT_PORT : port;
    this.host = server || 'localhost';
    if (!isInteger(this.port) || this.port < 1 || this.port > MAX_PORT) {
      throw options.badOption('port', port, 'an integer from 1 to ' + MAX_PORT);
    }
    if (typeof this.host !== 'string') throw options.badOption('host', server, 'a string');
    this.options = publish(resolved);
    this.#state = new ClientState(this, resolved, types);
  }

  /** Begin to connect; `open` or `error` follows. Nothing when it is open, or on its way. */
  open() {
    host.operation('tcp-client.open', ask(this.#state));
  }

  /**
   * Send a value, encoded by `sendType`; until the client is open it waits in a queue.
   * @throws {TypeError} the value has no form in that type
   * @throws {string} `maxUnsentMessages` wait now
   */
  send(data) {
    const state = this.#state;
    const { types } = state;
    const payload = types.sendsText && typeof data === 'string' ? data : types.sender.encode(data);
    if (state.open) {
      ask(state);
      sendPayload(state.source, payload, types);
    } else {
      state.wait(payload);
    }
  }

  /** Deliver what was sent and close, or stop connecting; what waits in the queue is reported. */
  close() {
    const state = this.#state;
    state.open = false;
    if (state.lease.target !== 0) host.operation('tcp-client.close', ask(state));
    const { length } = state.queue;
    if (length === 0) return;
    state.forget();
    const words = length === 1 ? 'a message was' : length + ' messages were';
    const text = words + ' not sent before the client was closed';
    if (listenersOf(this, 'error').length > 0) this.emit('error', makeError(UNSENT, text));
    else host.warn(text + ' (' + UNSENT + ')');
  }
}

const UNSENT = 'ERR_SOCKET_UNSENT';

/** What this module knows of a client, and its events. */
class ClientState {
  constructor(client, resolved, types) {
    this.client = client;
    this.port = client.port;
    this.host = client.host;
    this.options = resolved;
    this.types = types;
    this.source = null;
    this.open = false;
    this.queue = [];
    this.queued = 0;
    this.warned = false;
    this.lease = host.lease('tcp-client', this);
  }

  receive(type, a, b, c) {
    if (type === 'message') {
      // What was read before a script has closed is not for it any more.
      if (this.open) deliver(this.client, this, a);
    } else clientReceivers[type](this.client, this, a, b, c);
  }

  describe(type) {
    const event = clientEvents[type];
    return ["'" + event + "' of a SocketClient", listenersOf(this.client, event)[0]];
  }

  wait(payload) {
    const { discardMessagesBeforeOpen, maxUnsentMessages, maxUnsentBytes } = this.options;
    if (discardMessagesBeforeOpen) {
      if (!this.warned) host.warn('not open; messages are discarded until the socket is');
      this.warned = true;
      return;
    }
    const { queue } = this;
    const weight = typeof payload === 'string' ? payload.length : payload[payload.length - 1].length;
    const isFull = maxUnsentMessages > 0 && queue.length >= maxUnsentMessages;
    if (!isFull && this.queued + weight <= maxUnsentBytes) {
      arrayPush(queue, payload);
      this.queued += weight;
      // The contract: the one that fills the queue is queued, and throws.
      if (maxUnsentMessages === 0 || queue.length < maxUnsentMessages) return;
    }
    const limit = isFull || queue.length === maxUnsentMessages ? maxUnsentMessages : queue.length;
    // The contract: a string.
    throw 'Maximum number of unsent messages has been reached: ' + limit;
  }

  forget() {
    this.queue = [];
    this.queued = 0;
  }
}

function ask(state) {
  const isNew = state.lease.target === 0;
  const target = state.lease.ask();
  if (isNew) {
    state.source = new host.Source('tcp-client.send', target);
    host.operation('tcp-client.create', target, state.port, state.host, state.options);
  }
  return target;
}

const clientEvents = {
  opened: 'open',
  message: 'data',
  closed: 'close',
  fault: 'error',
  failed: 'error'
};

const clientReceivers = {
  opened(client, state) {
    state.open = true;
    try {
      client.emit('open');
    } finally {
      const { queue, types } = state;
      if (state.open) {
        state.forget();
        for (const payload of each(queue)) {
          ask(state);
          sendPayload(state.source, payload, types);
        }
      }
    }
  },

  closed(client, state) {
    state.open = false;
    host.operation('tcp-client.close', ask(state));
    emitClose(client);
  },

  fault(client, state, code, message) {
    client.emit('error', makeError(code, message));
  },

  failed(client, state, code, message, missing) {
    client.emit('error', errorOf(code, message, missing));
  },

  idle(client, state, answered) {
    state.lease.offer(answered);
  }
};

/**
 * A server that listens for TCP connections.
 *
 * Emits `listening` (port), `connection` (Socket), `close` and `error` (Error).
 */
class SocketServer extends EventEmitter {
  #state;

  /**
   * @param {object} [given] options, see schemas/socket.schema.json
   * @throws {TypeError} an option's value is not allowed
   */
  constructor(given) {
    super();
    const resolved = resolve(given, OF_CLIENTS, 'SocketServer');
    const types = typesOf(resolved);
    this.options = publish(resolved);
    this.#state = new ServerState(this, resolved, types);
  }

  /** Begin to listen; `listening` or `error` follows. */
  start() {
    const { lease, options: resolved } = this.#state;
    host.operation('tcp-server.start', lease.ask(), resolved);
  }

  /** Stop listening and close every socket; `close` follows. */
  stop() {
    const { lease } = this.#state;
    if (lease.target !== 0) host.operation('tcp-server.stop', lease.ask());
  }
}

/** What this module knows of a server, and its events. */
class ServerState {
  constructor(server, resolved, types) {
    this.server = server;
    this.options = resolved;
    this.types = types;
    this.lease = host.lease('tcp-server', this);
  }

  receive(type, a, b, c) {
    serverReceivers[type](this.server, this, a, b, c);
  }

  describe(type) {
    const event = serverEvents[type];
    return ["'" + event + "' of a SocketServer", listenersOf(this.server, event)[0]];
  }
}

const serverEvents = {
  listening: 'listening',
  opened: 'connection',
  stopped: 'close',
  failed: 'error'
};

const serverReceivers = {
  listening(server, state, port) {
    server.emit('listening', port);
  },

  opened(server, state, target, remoteHost, remotePort) {
    const socket = new Socket(fromServer, target, remoteHost, remotePort, state.types);
    server.emit('connection', socket);
  },

  stopped(server) {
    server.emit('close');
  },

  failed(server, state, code, message, missing) {
    server.emit('error', errorOf(code, message, missing));
  },

  idle(server, state, answered) {
    state.lease.offer(answered);
  }
};

/**
 * One connection of a client, made by a SocketServer.
 *
 * Emits `data` (value), `close` and `error` (Error).
 */
class Socket extends EventEmitter {
  #state;

  constructor(origin, target, remoteHost, remotePort, types) {
    if (origin !== fromServer) {
      throw new TypeError('a Socket is made by a SocketServer, not by a script');
    }
    super();
    this.#state = new SocketState(this, target, remoteHost, remotePort, types);
    host.openAt(target, this.#state);
  }

  /**
   * Send a value, encoded by the server's `sendType`.
   * @returns {boolean} false when the socket is not open
   * @throws {TypeError} the value has no form in that type
   */
  send(data) {
    const state = this.#state;
    const { types } = state;
    const isPlain = types.sendsText && typeof data === 'string';
    const payload = isPlain ? data : types.sender.encode(data);
    if (!state.open) {
      if (!state.warned) host.warn('send() on a socket of ' + state.name() + ' that is not open');
      state.warned = true;
      return false;
    }
    if (isPlain) send(state, payload, false);
    else sendPayload(state, payload, types);
    return true;
  }

  /** Deliver what was sent and close; `close` follows. */
  close() {
    const state = this.#state;
    if (!state.open) return;
    state.open = false;
    host.operation('tcp-socket.close', state.target);
  }

  /** Return the address of the client. */
  remoteHost() {
    return this.#state.remoteHost;
  }

  /** Return the port of the client. */
  remotePort() {
    return this.#state.remotePort;
  }
}

const socketEvents = { message: 'data', closed: 'close', fault: 'error' };

/** What this module knows of a socket, and its events. */
class SocketState extends host.Source {
  constructor(socket, target, remoteHost, remotePort, types) {
    super('tcp-socket.send', target);
    this.socket = socket;
    this.remoteHost = remoteHost;
    this.remotePort = remotePort;
    this.types = types;
    this.open = true;
    this.warned = false;
  }

  receive(type, a, b) {
    if (type === 'message') {
      if (this.open) deliver(this.socket, this, a);
    } else if (type === 'closed') this.end();
    else this.fail(a, b);
  }

  describe(type) {
    const event = socketEvents[type];
    return ["'" + event + "' of a Socket", listenersOf(this.socket, event)[0]];
  }

  name() {
    return this.remoteHost + ':' + this.remotePort;
  }

  fail(code, message) {
    if (listenersOf(this.socket, 'error').length > 0) {
      this.socket.emit('error', makeError(code, message));
    } else {
      // A hostile peer must not be able to end the run with an unhandled 'error'.
      host.warn('socket of ' + this.name() + ': ' + message + ' (' + code + ')');
    }
  }

  end() {
    host.close(this.target);
    this.open = false;
    host.operation('tcp-socket.close', this.target);
    emitClose(this.socket);
  }
}

exports.SocketClient = SocketClient;
exports.SocketServer = SocketServer;
exports.Socket = Socket;
