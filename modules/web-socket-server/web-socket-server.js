'use strict';

// The module web-socket-server, version 2 of the specification. The network is Python's
// (accessor_host/modules/web_socket_server/binding.py): operations go there, events come from there.

const { arrayFilter, each } = primordials;

const { codecFor, supportedTypes } = require('kit/codecs');
const { EventEmitter, emitOne, listenersOf } = require('kit/emitter');
const { errorOf, makeError, wrongType } = require('kit/errors');
const options = require('kit/options');

// Who sends; and what is loaded for a script that asks for it.
let { send } = host;
let isMeasuring = false;
let sources = null;
let pings = null;

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
  #door;

  /**
   * @param {object} [given] options, see schemas/web-socket-server.schema.json; and `httpServer`, an
   *   HttpServer whose port it shares
   * @throws {TypeError} an option's value is not allowed
   */
  constructor(given) {
    super();
    const door = findDoor(given);
    const resolved = options.resolve(SCHEMA, door === 0 ? given : withoutDoor(given));
    const receiver = codecFor('receiveType', resolved.receiveType, resolved.maxImagePixels);
    const sender = codecFor('sendType', resolved.sendType, resolved.maxImagePixels);
    options.assign(this, SCHEMA, resolved);
    this.#state = new ServerState(this, resolved, receiver, sender);
    this.#door = door;
  }

  /** Begin to listen; `listening` or `error` follows. */
  start() {
    const { lease, options: resolved } = this.#state;
    // Functions stay here; Python knows whether there is one.
    const verifies = resolved.verifyClient !== null;
    const given = { ...resolved, verifyClient: null };
    host.operation('server.start', lease.ask(), given, verifies, this.#door);
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

  /**
   * Send a value to every open socket; it is encoded once.
   * @param {*} value what `sendType` can express
   * @param {function(Socket): boolean} [filter] tells whether a socket is to get it; all are asked
   *   before anything is sent
   * @returns {number} how many sockets it went to
   * @throws {TypeError} the value has no form in that type; or what the filter throws
   */
  broadcast(value, filter) {
    const state = this.#state;
    const { sender } = state;
    const isForAll = filter === undefined || filter === null;
    if (!isForAll && typeof filter !== 'function') throw wrongType('filter', 'a function', filter);
    const payload = sender.encode(value);
    if (state.open === 0) return 0;
    if (isForAll && !isMeasuring && state.options.verifyClient === null) {
      // Python knows them all; those that the script has yet to see are behind the last one. (Where
      // it decides on each, they open in another order.)
      host.operation('server.broadcast', state.lease.target, state.last, payload);
      return state.open;
    }
    const chosen = arrayFilter(
      loadSources().receiversOf(SocketState),
      (one) => one.server === state && one.open && (isForAll || filter(one.socket))
    );
    let count = 0;
    for (const one of each(chosen)) {
      // A filter may have closed it.
      if (!one.open) continue;
      send(one, payload, sender.isJson);
      count++;
    }
    return count;
  }
}

// The server whose port it shares is no value for a schema, nor for Python: both sides know its number.
function findDoor(given) {
  if (typeof given !== 'object' || given === null) return 0;
  const { httpServer } = given;
  if (httpServer === undefined || httpServer === null) return 0;
  const { doorOf } = require('kit/doors');
  const door = doorOf(httpServer);
  if (door !== 0) return door;
  throw options.badOption('httpServer', httpServer, "an HttpServer of the module 'http-server'");
}

function withoutDoor(given) {
  const rest = { ...given };
  delete rest.httpServer;
  return rest;
}

function loadSources() {
  if (sources === null) sources = require('kit/sources');
  return sources;
}

function loadPings() {
  if (pings === null) pings = require('kit/pings');
  return pings;
}

/** What this module knows of a server, and its events. */
class ServerState {
  constructor(server, resolved, receiver, sender) {
    this.server = server;
    this.options = resolved;
    this.receiver = receiver;
    this.sender = sender;
    this.address = null;
    // How many sockets are open, and the target of the last one that the script has seen.
    this.open = 0;
    this.last = 0;
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

  opened(target, client, subprotocol) {
    this.open++;
    this.last = target;
    return new Socket(fromServer, target, client, subprotocol, this);
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
const socketEvents = {
  message: 'message',
  drain: 'drain',
  pong: 'pong',
  fault: 'error',
  closed: 'close'
};

// Events of a server, by name.
const receivers = {
  listening(server, state, port, address, family) {
    state.address = { address, family, port };
    server.emit('listening', port);
  },

  failed(server, state, code, message, missing) {
    server.emit('error', errorOf(code, message, missing));
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
    const { Request, readFacts } = requests();
    const client = readFacts(facts);
    const socket = state.opened(target, client, client[4]);
    server.emit('connection', socket, new Request(client, head));
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
    const socket = state.opened(target, client, subprotocol);
    if (data !== undefined) {
      DATA.value = data;
      Object.defineProperty(socket, 'data', DATA);
      DATA.value = undefined;
    }
    server.emit('connection', socket, request);
  },

  // A client waits for the decision whether it may connect.
  asked(server, state, target, facts, head) {
    const { Request, readFacts } = requests();
    const client = readFacts(facts);
    const request = new Request(client, head);
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
 * Emits `message` (value), `drain`, `pong` (Buffer), `close` (code, reason) and `error` (Error).
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
    state.shut();
    host.operation('socket.close', state.target, code, reason);
  }

  /** Return how many bytes wait for the client; what the system holds for it has left. */
  unsentBytes() {
    const state = this.#state;
    send = loadSources().sendMeasured;
    isMeasuring = true;
    return sources.unsentBytes('socket', state, ['server.broadcast', state.server.lease.target]);
  }

  /**
   * Send a ping; `pong` with the same data follows once the client answers.
   * @param {string|Uint8Array|ArrayBuffer} [data] at most 125 bytes; a string is sent as UTF-8
   * @returns {boolean} false when the socket is not open, or 64 pings wait for their answers
   * @throws {TypeError|RangeError} the data is not allowed
   */
  ping(data = '') {
    const state = this.#state;
    if (!state.open) return false;
    const payload = loadPings().ask(state.target, data);
    if (payload === null) return false;
    host.operation('socket.ping', state.target, payload);
    return true;
  }

  /** Tell whether messages can be sent. */
  isOpen() {
    return this.#state.open;
  }

  /** Return the address of the client, also behind `trustedProxies`. */
  remoteHost() {
    return this.#state.remoteHost;
  }

  /** Return the port of the client; 0 behind a proxy that does not say it. */
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

// What warnings call a client.
function nameOf(state) {
  return state.remoteHost === '' ? 'a local client' : state.remoteHost + ':' + state.remotePort;
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
    this.server = server;
    this.receiver = server.receiver;
    this.sender = server.sender;
    this.open = true;
    this.warned = false;
  }

  receive(type, a, b) {
    // Most events are messages.
    if (type === 'message') emitOne(this.socket, 'message', this.receiver.decode(a));
    else if (type === 'closed') this.end(a, b);
    else if (type === 'drain') this.socket.emit('drain');
    else if (type === 'pong') this.socket.emit('pong', loadPings().answer(this.target, a));
    else this.fail(a, b);
  }

  describe(type) {
    const event = socketEvents[type];
    return ["'" + event + "' of a Socket", listenersOf(this.socket, event)[0]];
  }

  fail(code, message) {
    // Of a message that was dropped; any other fault ends the connection, and nothing leaves.
    if (code !== BAD_IMAGE) this.shut();
    if (listenersOf(this.socket, 'error').length > 0) {
      this.socket.emit('error', makeError(code, message));
    } else {
      // A hostile peer must not be able to end the run with an unhandled 'error'.
      host.warn('socket of ' + nameOf(this) + ': ' + message + ' (' + code + ')');
    }
  }

  shut() {
    if (this.open) this.server.open--;
    this.open = false;
  }

  end(code, reason) {
    host.close(this.target);
    this.shut();
    if (sources !== null) sources.forget(this);
    if (pings !== null) pings.forget(this.target);
    this.socket.emit('close', code, reason);
  }
}

exports.Server = Server;
exports.Socket = Socket;
