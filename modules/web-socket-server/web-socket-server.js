'use strict';

// The module web-socket-server, version 2 of the specification. The network is Python's
// (accessor_host/bindings/web_socket_server.py): operations go there, events come from there.

const EventEmitter = require('events');
const { checkClose } = require('internal/closing');
const { codecFor, supportedTypes } = require('internal/codecs');
const options = require('internal/options');

const SCHEMA = 'web-socket-server';

// What is nobody's business but this module's: kept off the objects, so that scripts can print
// and extend them freely.
const internals = new WeakMap();
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
    Object.defineProperty(this, 'pfxKeyCertPassword', { enumerable: false });
    Object.defineProperty(this, 'pemKeyPassword', { enumerable: false });
    internals.set(this, {
      lease: host.lease('server', this),
      options: resolved,
      receiver,
      sender,
      sockets: new Map(),
      address: null
    });
  }

  /** Begin to listen; `listening` or `error` follows. */
  start() {
    const { lease, options: resolved } = internals.get(this);
    host.operation('server.start', lease.ask(), resolved);
  }

  /** Stop listening and close every socket with 1001; `close` follows. */
  stop() {
    const { lease } = internals.get(this);
    if (lease.target !== 0) host.operation('server.stop', lease.ask());
  }

  /** Return `{address, family, port}` while listening, else null. */
  address() {
    const { address } = internals.get(this);
    return address === null ? null : { ...address };
  }

  [host.receive](type, a, b, c) {
    receivers[type](this, internals.get(this), a, b, c);
  }

  [host.describe](type, id) {
    const event = scriptEvents[type];
    if (event[0] === 'Server') return [`'${event[1]}' of a Server`, this.listeners(event[1])[0]];
    const socket = internals.get(this).sockets.get(id);
    return [`'${event[1]}' of a Socket`, socket && socket.listeners(event[1])[0]];
  }
}

// What scripts see of an event: whose, and by which name.
const scriptEvents = {
  listening: ['Server', 'listening'],
  failed: ['Server', 'error'],
  stopped: ['Server', 'close'],
  opened: ['Server', 'connection'],
  message: ['Socket', 'message'],
  fault: ['Socket', 'error'],
  closed: ['Socket', 'close']
};

// Events of a server and its sockets, by name.
const receivers = {
  listening(server, state, port, address, family) {
    state.address = { address, family, port };
    server.emit('listening', port);
  },

  failed(server, state, code, message) {
    server.emit('error', makeError(code, message));
  },

  stopped(server, state) {
    state.address = null;
    server.emit('close');
  },

  idle(server, state, answered) {
    state.lease.offer(answered);
  },

  opened(server, state, id, remoteHost, remotePort) {
    const socket = new Socket(fromServer, id, remoteHost, remotePort, state);
    state.sockets.set(id, socket);
    server.emit('connection', socket);
  },

  message(server, state, id, payload) {
    const socket = state.sockets.get(id);
    if (socket !== undefined) host.emitOne(socket, 'message', state.receiver.decode(payload));
  },

  fault(server, state, id, code, message) {
    const socket = state.sockets.get(id);
    if (socket === undefined) return;
    const inner = internals.get(socket);
    if (socket.listenerCount('error') > 0) {
      socket.emit('error', makeError(code, message));
    } else {
      // A hostile peer must not be able to end the run with an unhandled 'error'.
      host.warn(`socket of ${inner.remoteHost}:${inner.remotePort}: ${message} (${code})`);
    }
  },

  closed(server, state, id, code, reason) {
    const socket = state.sockets.get(id);
    if (socket === undefined) return;
    state.sockets.delete(id);
    internals.get(socket).open = false;
    socket.emit('close', code, reason);
  }
};

function makeError(code, message) {
  const error = new Error(message);
  error.code = code;
  return error;
}

/**
 * One connection of a client, made by a Server.
 *
 * Emits `message` (value), `close` (code, reason) and `error` (Error).
 */
class Socket extends EventEmitter {
  constructor(origin, id, remoteHost, remotePort, server) {
    if (origin !== fromServer) throw new TypeError('a Socket is made by a Server, not by a script');
    super();
    const address = host.address('socket.send', id);
    internals.set(this, { id, remoteHost, remotePort, server, address, open: true, warned: false });
  }

  /**
   * Send a value, encoded by the server's `sendType`.
   * @returns {boolean} false when the socket is not open
   * @throws {TypeError} the value has no form in that type
   */
  send(data) {
    const state = internals.get(this);
    const { sender } = state.server;
    const payload = sender.encode(data);
    if (!state.open) {
      if (!state.warned) {
        state.warned = true;
        host.warn(`send() on a socket of ${state.remoteHost}:${state.remotePort} that is not open`);
      }
      return false;
    }
    host.send(state.address, payload, sender.isJson);
    return true;
  }

  /**
   * Close the connection; `close` follows.
   * @param {number} [code] 1000 to 1003, 1007 to 1014 or 3000 to 4999
   * @param {string} [reason] at most 123 bytes of UTF-8
   * @throws {TypeError|RangeError} code or reason is not allowed
   */
  close(code = 1000, reason = '') {
    checkClose(code, reason);
    const state = internals.get(this);
    if (!state.open) return;
    state.open = false;
    host.operation('socket.close', state.id, code, reason);
  }

  /** Tell whether messages can be sent. */
  isOpen() {
    return internals.get(this).open;
  }

  /** Return the address of the client. */
  remoteHost() {
    return internals.get(this).remoteHost;
  }

  /** Return the port of the client. */
  remotePort() {
    return internals.get(this).remotePort;
  }
}

exports.Server = Server;
exports.Socket = Socket;
