'use strict';

// The module udp-socket. The network is Python's (accessor_host/modules/udp_socket/binding.py):
// operations go there, events come from there.

const { functionCall, isArray, isInteger, stringCharCodeAt, stringIndexOf, stringSlice } = primordials;

const { elementCodec, supportedReceiveTypes, supportedSendTypes } = require('kit/elements');
const { EventEmitter, emitTwo, listenersOf } = require('kit/emitter');
const { errorOf, makeError, wrongType } = require('kit/errors');

const { on, once } = EventEmitter.prototype;
const { send } = host;

const MAX_PORT = 65535;
// Places that texts go to, of one socket, each of which Python knows by a number.
const MAX_PLACES = 1000;
const MAX_HOPS = 255;
const ANY = { __proto__: null, udp4: '0.0.0.0', udp6: '::0' };

exports.supportedReceiveTypes = supportedReceiveTypes;
exports.supportedSendTypes = supportedSendTypes;

/**
 * Make a socket.
 * @param {string} [type] udp4 or udp6
 * @param {function(*, string)} [callback] a listener of `message`
 * @param {boolean} [enableBroadcast] whether datagrams may go to broadcast addresses
 * @returns {Socket}
 * @throws {TypeError} the type is not known
 */
exports.createSocket = function createSocket(type, callback, enableBroadcast) {
  const socket = new Socket(type, enableBroadcast);
  if (typeof callback === 'function') functionCall(on, socket, 'message', callback);
  return socket;
};

/**
 * A UDP socket.
 *
 * Emits `listening`, `message` (value, JSON text about its sender), `close` and `error` (Error).
 */
class Socket extends EventEmitter {
  #state;

  /**
   * @param {string} [type] udp4 or udp6
   * @param {boolean} [enableBroadcast] whether datagrams may go to broadcast addresses
   * @throws {TypeError} the type is not known
   */
  constructor(type, enableBroadcast) {
    super();
    if (type === undefined || type === null || type === '') type = 'udp4';
    if (typeof type !== 'string' || ANY[type] === undefined) {
      throw wrongType('type', "'udp4' or 'udp6'", type);
    }
    this.#state = new SocketState(this, type, enableBroadcast === true);
  }

  /**
   * Listen; `listening` or `error` follows.
   * @param {number} [port] 0 takes any free one
   * @param {string} [address] of the interface; every one when left out
   * @param {function()} [callback] is called once it listens
   * @throws {TypeError} the port or the address is not allowed
   */
  bind(port, address, callback) {
    const state = this.#state;
    state.check();
    checkPort(port === undefined || port === null ? 0 : port, 0);
    const listener = typeof address === 'function' ? address : callback;
    const place = hostOf('address', address, ANY[state.type]);
    if (typeof listener === 'function') functionCall(once, this, 'listening', listener);
    host.operation('udp.bind', state.ask(), port || 0, place);
  }

  /**
   * Send a value in one datagram, encoded by the type that `setSendType` set.
   * @param {*} data
   * @param {number} port of the receiver
   * @param {string} [address] of the receiver, or its name; this machine when left out
   * @param {function(Error|null)} [callback] takes that it has left, or why not
   * @throws {TypeError} the value has no form in the type, or the port or address is not allowed
   */
  send(data, port, address, callback) {
    const state = this.#state;
    if (callback === undefined && typeof address === 'string' && typeof port === 'number') {
      const ports = state.places[address];
      const source = ports === undefined ? undefined : ports[port];
      // Port and host were looked at before, when datagrams went there.
      if (source && !state.closed) {
        const payload = state.sender.encode(data);
        if (typeof payload === 'string') send(source, payload, false);
        else host.operation('udp.send', state.ask(), payload, port, address, 0);
        return;
      }
    }
    state.check();
    checkPort(port, 1);
    const answered = typeof address === 'function' ? address : callback;
    const place = hostOf('host', address, 'localhost');
    const payload = state.sender.encode(data);
    if (typeof answered === 'function') {
      const call = ++state.calls;
      state.pending.set(call, answered);
      host.operation('udp.send', state.ask(), payload, port, place, call);
    } else {
      host.operation('udp.send', state.ask(), payload, port, place, 0);
      if (typeof payload === 'string' && place === address) state.note(port, place);
    }
  }

  /** Return `{address, family, port}` while listening, else null. */
  address() {
    const { bound } = this.#state;
    return bound === null ? null : { ...bound };
  }

  /** Close the socket; `close` follows, once. */
  close() {
    const state = this.#state;
    if (state.closed) return;
    state.closed = true;
    host.operation('udp.close', state.ask());
  }

  /** Set whether values are bytes: arrays of them when they come, whatever has them to send. */
  setRawBytes(raw) {
    this.#state.isRaw = raw === true;
    this.#state.changeSender();
    this.#state.changeReceiver();
  }

  /** Set the type of what comes; an unknown one is an `error`, and changes nothing. */
  setReceiveType(type) {
    this.#state.set('receiveType', type);
    this.#state.changeReceiver();
  }

  /** Set the type of what is sent; an unknown one is an `error`, and changes nothing. */
  setSendType(type) {
    this.#state.set('sendType', type);
    this.#state.changeSender();
  }

  /**
   * Join a multicast group; an `error` follows where that cannot be.
   * @param {string} group its address
   * @param {string} [networkInterface] address of an interface, for udp6 its name
   */
  addMembership(group, networkInterface) {
    this.#state.setMembership(group, networkInterface, true);
  }

  /** Leave a multicast group. */
  dropMembership(group, networkInterface) {
    this.#state.setMembership(group, networkInterface, false);
  }

  /** Set how many routers multicast datagrams may pass; 1 stays in the local network. */
  setMulticastTTL(hops) {
    if (!isInteger(hops) || hops < 0 || hops > MAX_HOPS) {
      throw wrongType('ttl', 'an integer from 0 to ' + MAX_HOPS, hops);
    }
    this.#state.check();
    host.operation('udp.multicast', this.#state.ask(), hops, null);
  }

  /** Set whether sockets of this machine get multicast datagrams as well. */
  setMulticastLoopback(enabled) {
    this.#state.check();
    host.operation('udp.multicast', this.#state.ask(), null, enabled === true);
  }
}

function checkPort(port, least) {
  if (isInteger(port) && port >= least && port <= MAX_PORT) return;
  throw wrongType('port', 'an integer from ' + least + ' to ' + MAX_PORT, port);
}

function hostOf(name, given, otherwise) {
  if (given === undefined || given === null || given === '') return otherwise;
  if (typeof given === 'function') return otherwise;
  if (typeof given !== 'string') throw wrongType(name, 'a string', given);
  return given;
}

// What is known of raw bytes that are sent: as they are, whatever has them.
const raw = {
  encode(data) {
    const type = isArray(data) || typeof data === 'number' ? 'unsignedbyte' : 'string';
    return elementCodec('sendType', type).encode(data);
  }
};

/** What this module knows of a socket, and its events. */
class SocketState {
  constructor(socket, type, broadcast) {
    this.socket = socket;
    this.type = type;
    this.broadcast = broadcast;
    this.closed = false;
    this.isRaw = false;
    this.receiveType = elementCodec('receiveType', 'string');
    this.sendType = elementCodec('sendType', 'string');
    this.sender = this.sendType;
    // Datagrams may be on their way that Python has read as the type before.
    this.version = 0;
    this.receiver = this.receiveType;
    this.receivers = new Map([[0, this.receiver]]);
    this.calls = 0;
    this.pending = new Map();
    // By host and port: what sends texts there; null where it is made with the next one.
    this.places = { __proto__: null };
    this.noted = 0;
    this.bound = null;
    this.lease = host.lease('udp', this);
  }

  ask() {
    const isNew = this.lease.target === 0;
    const target = this.lease.ask();
    if (isNew) {
      host.operation('udp.create', target, this.type, this.broadcast, this.kind());
    }
    return target;
  }

  // Note that a text has gone somewhere. Whoever sends to many places once each does not have Python
  // know them all.
  note(port, place) {
    if (this.noted >= MAX_PLACES) {
      this.places = { __proto__: null };
      this.noted = 0;
      host.operation('udp.unplace', this.ask());
    }
    const ports = this.places[place] || (this.places[place] = { __proto__: null });
    if (ports[port] === undefined) {
      ports[port] = null;
      this.noted++;
      return;
    }
    host.operation('udp.place', this.ask(), ++lastPlace, port, place);
    ports[port] = new host.Source('udp.text', lastPlace);
  }

  check() {
    if (this.closed) throw makeError('ERR_SOCKET_DGRAM_NOT_RUNNING', 'the socket is closed');
  }

  changeSender() {
    this.sender = this.isRaw ? raw : this.sendType;
  }

  set(option, type) {
    // What an accessor reads from a parameter that it does not have.
    if (type === undefined || type === null || type === '') type = 'string';
    try {
      this[option] = elementCodec(option, type);
    } catch (error) {
      this.socket.emit('error', error);
    }
  }

  changeReceiver() {
    this.receiver = this.isRaw ? elementCodec('receiveType', 'unsignedbyte') : this.receiveType;
    const isNew = this.lease.target === 0;
    // Nothing is on its way to a socket that Python does not know.
    if (!isNew) this.version++;
    this.receivers.set(this.version, this.receiver);
    if (!isNew && !this.closed) {
      host.operation('udp.receive', this.ask(), this.version, this.kind());
    }
  }

  kind() {
    return this.isRaw ? 'bytes' : this.receiveType.type;
  }

  setMembership(group, networkInterface, isMember) {
    this.check();
    if (typeof group !== 'string') throw wrongType('group', 'a string', group);
    const place = hostOf('networkInterface', networkInterface, '');
    host.operation('udp.membership', this.ask(), group, place, isMember);
  }

  receive(type, a, b, c) {
    if (type === 'message') {
      // What was read before a script has closed is not for it any more.
      if (!this.closed) this.deliver(a);
    } else receivers[type](this.socket, this, a, b, c);
  }

  describe(type, call) {
    if (type === 'sent') return ['the callback of send() of a Socket', this.pending.get(call)];
    const event = socketEvents[type];
    return ["'" + event + "' of a Socket", listenersOf(this.socket, event)[0]];
  }

  // What is known of the sender as JSON text, and what was sent. A character before it says by its
  // code where that begins. Before it stands the version of the type that it was read as, if that
  // is not the first: in digits, whose codes are less.
  deliver(text) {
    let codec = this.receiver;
    let start = 1;
    let end = stringCharCodeAt(text, 0);
    if (end <= LAST_DIGIT || this.version > 0) {
      while (stringCharCodeAt(text, start - 1) <= LAST_DIGIT) start++;
      end = stringCharCodeAt(text, start - 1) + start - 1;
      codec = this.receivers.get(+stringSlice(text, 0, start - 1));
    }
    const value = codec.decode(stringSlice(text, end));
    emitTwo(this.socket, 'message', value, stringSlice(text, start, end));
  }
}

const LAST_DIGIT = 57;

// The last number that Python knows a place by: of all sockets.
let lastPlace = 0;

const socketEvents = {
  message: 'message',
  listening: 'listening',
  closed: 'close',
  fault: 'error'
};

const receivers = {
  listening(socket, state, port, address) {
    state.bound = { address, family: state.type === 'udp6' ? 'IPv6' : 'IPv4', port };
    socket.emit('listening');
  },

  fault(socket, state, code, message, missing) {
    socket.emit('error', errorOf(code, message, missing));
  },

  sent(socket, state, call, answer, missing) {
    const callback = state.pending.get(call);
    state.pending.delete(call);
    const space = stringIndexOf(answer, ' ');
    if (space === 0) callback(null);
    else {
      callback(errorOf(stringSlice(answer, 0, space), stringSlice(answer, space + 1), missing));
    }
  },

  closed(socket, state) {
    state.closed = true;
    state.bound = null;
    socket.emit('close');
  },

  idle(socket, state, answered) {
    state.lease.offer(answered);
  }
};

exports.Socket = Socket;
