'use strict';

// The module web-socket-server, version 2 of the specification. The network is Python's
// (accessor_host/modules/web_socket_server/binding.py): operations go there, events come from there.

const { codecFor, supportedTypes } = require('kit/codecs');
const { EventEmitter, emitOne, listenersOf } = require('kit/emitter');
const { makeError } = require('kit/errors');
const options = require('kit/options');

const { send } = host;

const SCHEMA = 'web-socket-server';

const BAD_IMAGE = 'WS_BAD_IMAGE';

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
    const receiver = codecFor('receiveType', resolved.receiveType, resolved.maxImagePixels);
    const sender = codecFor('sendType', resolved.sendType, resolved.maxImagePixels);
    options.assign(this, SCHEMA, resolved);
    this.#state = new ServerState(this, resolved, receiver, sender);
  }

  /** Begin to listen; `listening` or `error` follows. */
  start() {
    const { lease, options: resolved } = this.#state;
    host.operation('server.start', lease.ask(), resolved);
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
    this.lease = host.lease('server', this);
  }

  receive(type, a, b, c) {
    receivers[type](this.server, this, a, b, c);
  }

  describe(type) {
    const event = serverEvents[type];
    return ["'" + event + "' of a Server", listenersOf(this.server, event)[0]];
  }
}

// What scripts see of an event.
const serverEvents = {
  listening: 'listening',
  failed: 'error',
  stopped: 'close',
  opened: 'connection'
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
    server.emit('close');
  },

  idle(server, state, answered) {
    state.lease.offer(answered);
  },

  opened(server, state, target, remoteHost, remotePort) {
    server.emit('connection', new Socket(fromServer, target, remoteHost, remotePort, state));
  }
};

/**
 * One connection of a client, made by a Server.
 *
 * Emits `message` (value), `close` (code, reason) and `error` (Error).
 */
class Socket extends EventEmitter {
  #state;

  constructor(origin, target, remoteHost, remotePort, server) {
    if (origin !== fromServer) throw new TypeError('a Socket is made by a Server, not by a script');
    super();
    this.#state = new SocketState(this, target, remoteHost, remotePort, server);
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
        host.warn('send() on a socket of ' + nameOf(state) + ' that is not open');
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
}

// What warnings call a client.
function nameOf(state) {
  return state.remoteHost === '' ? 'a local client' : state.remoteHost + ':' + state.remotePort;
}

/** What this module knows of a socket, and its events. */
class SocketState extends host.Source {
  constructor(socket, target, remoteHost, remotePort, { receiver, sender }) {
    super('socket.send', target);
    this.socket = socket;
    this.remoteHost = remoteHost;
    this.remotePort = remotePort;
    this.receiver = receiver;
    this.sender = sender;
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
    // Of a message that was dropped; any other fault ends the connection, and nothing leaves.
    if (code !== BAD_IMAGE) this.open = false;
    if (listenersOf(this.socket, 'error').length > 0) {
      this.socket.emit('error', makeError(code, message));
    } else {
      // A hostile peer must not be able to end the run with an unhandled 'error'.
      host.warn('socket of ' + nameOf(this) + ': ' + message + ' (' + code + ')');
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
