'use strict';

// The module web-socket-server, version 2 of the specification. The network is Python's
// (accessor_host/modules/web_socket_server/binding.py): operations go there, events come from there.

const { codecFor, supportedTypes } = require('kit/codecs');
const { EventEmitter, emitOne, listenersOf } = require('kit/emitter');
const { makeError } = require('kit/errors');
const options = require('kit/options');

const { send } = host;

const SCHEMA = 'web-socket-server';

const HIDDEN = { __proto__: null, enumerable: false };

// What a Socket is made with, and by a Server only.
const fromServer = Symbol('made by a Server');

/** List the MIME types that `receiveType` takes. */
exports.supportedReceiveTypes = supportedTypes;

/** List the MIME types that `sendType` takes. */
exports.supportedSendTypes = supportedTypes;

/**
 * A server that listens for web socket connections.
 *
 * Emits `listening` (port), `connection` (Socket), `error` (Error) and `close`.
 */
class Server extends EventEmitter {
  #state;

  /**
   * @param {object} [given] options, see schemas/web-socket-server.schema.json
   * @throws {TypeError} an option's value is not allowed
   */
  constructor(given) {
    super();
    const resolved = options.resolve(SCHEMA, given);
    if (resolved.hostInterface === '') resolved.hostInterface = 'localhost';
    const receiver = codecFor('receiveType', resolved.receiveType, resolved.maxImagePixels);
    const sender = codecFor('sendType', resolved.sendType, resolved.maxImagePixels);
    Object.assign(this, resolved);
    // Printing a server must not print its passwords.
    Object.defineProperty(this, 'pfxKeyCertPassword', HIDDEN);
    Object.defineProperty(this, 'pemKeyPassword', HIDDEN);
    this.#state = new ServerState(this, resolved, receiver, sender);
  }

  /** Begin to listen; `listening` or `error` follows. */
  start() {
    const { lease, options: resolved } = this.#state;
    // Functions stay here; Python knows whether there is one.
    const verifies = resolved.verifyClient !== null;
    host.operation('server.start', lease.ask(), { ...resolved, verifyClient: null }, verifies);
  }

  /** Stop listening and close every socket with 1001; `close` follows. */
  stop() {
    const { lease } = this.#state;
    if (lease.target !== 0) host.operation('server.stop', lease.ask());
  }

  /** Return `{address, family, port}` while listening, else null. */
  address() {
    const { address } = this.#state;
    return address === null ? null : { ...address };
  }
}

/** What this module knows of a server, and its events. */
class ServerState {
  constructor(server, resolved, receiver, sender) {
    this.server = server;
    this.options = resolved;
    this.receiver = receiver;
    this.sender = sender;
    this.address = null;
    // What is known of clients that the script has admitted and that are not connected yet.
    this.admitted = new Map();
    // Most clients ask for the same: their sockets share what is known of that.
    this.lastAsked = { path: '/', subprotocol: null };
    // And many come through one proxy.
    this.lastHost = '';
    this.lease = host.lease('server', this);
  }

  receive(type, a, b, c) {
    receivers[type](this.server, this, a, b, c);
  }

  describe(type) {
    if (type === 'asked') return ["'verifyClient' of a Server", this.options.verifyClient];
    const event = serverEvents[type];
    return ["'" + event + "' of a Server", listenersOf(this.server, event)[0]];
  }

  share(path, subprotocol) {
    const { lastAsked } = this;
    if (lastAsked.path === path && lastAsked.subprotocol === subprotocol) return lastAsked;
    this.lastAsked = { path, subprotocol };
    return this.lastAsked;
  }

  admit(target, subprotocol, admitted) {
    // Without a lease, the server has stopped, and its clients are gone.
    if (this.lease.target === 0) return;
    this.admitted.set(target, admitted);
    host.operation('server.admit', this.lease.target, target, subprotocol);
  }

  refuse(target, status, reason, headers) {
    // It was admitted when what admitted it was stopped.
    this.admitted.delete(target);
    if (this.lease.target === 0) return;
    host.operation('server.refuse', this.lease.target, target, status, reason, headers);
  }
}

// What scripts see of an event.
const serverEvents = {
  listening: 'listening',
  failed: 'error',
  stopped: 'close',
  opened: 'connection',
  admitted: 'connection'
};
const socketEvents = { message: 'message', fault: 'error', closed: 'close' };

// Events of a server, by name.
const receivers = {
  listening(server, state, port, address, family) {
    state.address = { address, family, port };
    server.emit('listening', port);
  },

  failed(server, state, code, message, missing) {
    const lacks = missing ? host.fromJson(missing) : [];
    server.emit('error', makeError(code, message, lacks[0], lacks[1]));
  },

  stopped(server, state) {
    state.address = null;
    state.admitted.clear();
    server.emit('close');
  },

  idle(server, state, answered) {
    state.lease.offer(answered);
  },

  opened(server, state, target, facts, head) {
    const client = host.fromJson(facts);
    const socket = new Socket(fromServer, target, client, client[4], state);
    server.emit('connection', socket, new (requests().Request)(client, head));
  },

  // The same for a client that was admitted.
  admitted(server, state, target, subprotocol) {
    const known = state.admitted.get(target);
    state.admitted.delete(target);
    if (known === undefined) {
      // Nobody here has admitted it.
      host.operation('socket.close', target, 1011, '');
      return;
    }
    const { client, request, data } = known;
    const socket = new Socket(fromServer, target, client, subprotocol, state);
    if (data !== undefined) {
      DATA.value = data;
      Object.defineProperty(socket, 'data', DATA);
      DATA.value = undefined;
    }
    server.emit('connection', socket, request);
  },

  // A client waits for the decision whether it may connect.
  asked(server, state, target, facts, head) {
    const client = host.fromJson(facts);
    const request = new (requests().Request)(client, head);
    require('kit/verification').verify(state.options.verifyClient, request, head, {
      admit: (subprotocol, data) => state.admit(target, subprotocol, { client, request, data }),
      refuse: (status, reason, headers) => state.refuse(target, status, reason, headers)
    });
  },

  // It had left when it was admitted.
  left(server, state, target) {
    state.admitted.delete(target);
  }
};

const DATA = {
  __proto__: null,
  value: undefined,
  writable: true,
  enumerable: true,
  configurable: true
};

let kitRequests = null;

function requests() {
  // Loaded with the first client.
  if (kitRequests === null) kitRequests = require('kit/requests');
  return kitRequests;
}

/**
 * One connection of a client, made by a Server.
 *
 * Emits `message` (value), `close` (code, reason) and `error` (Error).
 */
class Socket extends EventEmitter {
  #state;

  constructor(origin, target, client, subprotocol, server) {
    if (origin !== fromServer) throw new TypeError('a Socket is made by a Server, not by a script');
    super();
    this.#state = new SocketState(this, target, client, subprotocol, server);
    host.openAt(target, this.#state);
  }

  /**
   * Send a value, encoded by the server's `sendType`.
   * @returns {boolean} false when the socket is not open
   * @throws {TypeError} the value has no form in that type
   */
  send(data) {
    const state = this.#state;
    const { sender } = state;
    const payload = sender.encode(data);
    if (!state.open) {
      if (!state.warned) {
        state.warned = true;
        host.warn(
          'send() on a socket of ' + state.remoteHost + ':' + state.remotePort + ' that is not open'
        );
      }
      return false;
    }
    send(state, payload, sender.isJson);
    return true;
  }

  /**
   * Close the connection; `close` follows.
   * @param {number} [code] 1000 to 1003, 1007 to 1014 or 3000 to 4999
   * @param {string} [reason] at most 123 bytes of UTF-8
   * @throws {TypeError|RangeError} code or reason is not allowed
   */
  close(code = 1000, reason = '') {
    require('kit/closing').checkClose(code, reason);
    const state = this.#state;
    if (!state.open) return;
    state.open = false;
    host.operation('socket.close', state.target, code, reason);
  }

  /** Tell whether messages can be sent. */
  isOpen() {
    return this.#state.open;
  }

  /** Return the address of the client. */
  remoteHost() {
    return this.#state.remoteHost;
  }

  /** Return the port of the client. */
  remotePort() {
    return this.#state.remotePort;
  }

  /** Return the path that the client asked for, without query. */
  path() {
    return this.#state.asked.path;
  }

  /** Return the subprotocol that is spoken, or null. */
  subprotocol() {
    return this.#state.asked.subprotocol;
  }
}

/** What this module knows of a socket, and its events. */
class SocketState extends host.Source {
  constructor(socket, target, client, subprotocol, server) {
    super('socket.send', target);
    this.socket = socket;
    if (client[0] !== server.lastHost) server.lastHost = client[0];
    this.remoteHost = server.lastHost;
    this.remotePort = client[1];
    this.asked = server.share(client[5], subprotocol);
    this.receiver = server.receiver;
    this.sender = server.sender;
    this.open = true;
    this.warned = false;
  }

  receive(type, a, b) {
    // Most events are messages.
    if (type === 'message') emitOne(this.socket, 'message', this.receiver.decode(a));
    else if (type === 'closed') this.end(a, b);
    else this.fail(a, b);
  }

  describe(type) {
    const event = socketEvents[type];
    return ["'" + event + "' of a Socket", listenersOf(this.socket, event)[0]];
  }

  fail(code, message) {
    if (listenersOf(this.socket, 'error').length > 0) {
      this.socket.emit('error', makeError(code, message));
    } else {
      // A hostile peer must not be able to end the run with an unhandled 'error'.
      host.warn(
        'socket of ' + this.remoteHost + ':' + this.remotePort + ': ' + message + ' (' + code + ')'
      );
    }
  }

  end(code, reason) {
    host.close(this.target);
    this.open = false;
    this.socket.emit('close', code, reason);
  }
}

exports.Server = Server;
exports.Socket = Socket;
