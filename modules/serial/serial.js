'use strict';

// The module serial of the specification. The devices and the bytes are Python's
// (accessor_host/modules/serial/binding.py): operations go there, events come from there.

const {
  arrayConcat,
  arrayIncludes,
  arrayJoin,
  arrayPush,
  each,
  functionCall,
  isArray,
  stringToLowerCase
} = primordials;

const { bytesOf, toBase64 } = require('kit/binary');
const { elementCodec } = require('kit/elements');
const { EventEmitter, emitOne, listenersOf } = require('kit/emitter');
const { makeError, wrongType } = require('kit/errors');
const options = require('kit/options');
const { ask } = require('kit/questions');

const { removeAllListeners } = EventEmitter.prototype;

const SCHEMA = 'serial';

// Milliseconds that opening a device may take, and the rest of what was sent when it is closed.
const DEFAULT_TIMEOUT = 2000;
const MAX_TIMEOUT = 600000;

const TYPES = [
  'byte',
  'double',
  'float',
  'int',
  'json',
  'number',
  'short',
  'string',
  'unsignedbyte',
  'unsignedshort'
];

/** List the types that `receiveType` takes. */
exports.supportedReceiveTypes = () => arrayConcat(TYPES);

/** List the types that `sendType` takes. */
exports.supportedSendTypes = () => arrayConcat(TYPES);

/**
 * List the ports of this machine, `loopback` first, that scripts may open.
 * @param {function(string[])} [callback] called with the list, before this returns
 * @returns {string[]} the same
 */
exports.hostSerialPorts = function hostSerialPorts(callback) {
  if (callback !== undefined && typeof callback !== 'function') {
    throw wrongType('callback', 'of type function', callback);
  }
  const ports = ask('serial.ports');
  if (callback !== undefined) callback(ports);
  return ports;
};

/**
 * A serial port.
 *
 * Emits `data` (value) and `error` (Error).
 */
class SerialPort extends EventEmitter {
  #state;

  /**
   * @param {string} portName `loopback`, or the path of a device
   * @param {string} [ownerName] whom errors name when another wants the port meanwhile
   * @param {number} [timeout] milliseconds that opening may take; null is 2000
   * @param {object} [given] options, see schemas/serial.schema.json
   * @throws {TypeError} one of these is not allowed
   */
  constructor(portName, ownerName, timeout, given) {
    super();
    if (typeof portName !== 'string' || portName === '') {
      throw options.badOption('portName', portName, 'the name of a port');
    }
    const limit = timeout === undefined || timeout === null ? DEFAULT_TIMEOUT : timeout;
    if (typeof limit !== 'number' || !(limit > 0 && limit <= MAX_TIMEOUT)) {
      throw options.badOption('timeout', timeout, 'milliseconds from 1 to ' + MAX_TIMEOUT);
    }
    const resolved = options.resolve(SCHEMA, given);
    const receiver = codecOf('receiveType', resolved.receiveType);
    const sender = codecOf('sendType', resolved.sendType);
    resolved.receiveType = receiver.type;
    resolved.sendType = sender.type;
    this.portName = portName;
    this.ownerName = ownerName === undefined || ownerName === null ? '' : String(ownerName);
    this.timeout = limit;
    this.options = { ...resolved };
    this.#state = new PortState(this, resolved, receiver, sender);
  }

  /** Open the port; an open one is closed first. What was sent before leaves then. */
  open() {
    const state = this.#state;
    state.opening++;
    host.operation('serial.open', target(state), state.opening);
  }

  /**
   * Send a value, encoded by `sendType`; until the port is open it waits. The elements of an array
   * leave together.
   * @throws {TypeError} the value has no form in that type
   */
  send(data) {
    const state = this.#state;
    const payload = state.sender.encode(data);
    host.operation('serial.send', target(state), payload);
  }

  /** Remove all listeners, deliver what was sent, and close. Nothing when it is not open. */
  close() {
    const state = this.#state;
    functionCall(removeAllListeners, this);
    state.opening++;
    if (state.lease.target !== 0) host.operation('serial.close', target(state));
  }

  /**
   * Take what arrives from now on for another type; what was not whole is dropped.
   * @throws {TypeError} the type is not supported
   */
  setReceiveType(type) {
    const state = this.#state;
    state.receiver = codecOf('receiveType', type);
    state.options.receiveType = this.options.receiveType = state.receiver.type;
    host.operation('serial.receive', target(state), state.receiver.type);
  }

  /**
   * Send by another type from now on.
   * @throws {TypeError} the type is not supported
   */
  setSendType(type) {
    const state = this.#state;
    state.sender = codecOf('sendType', type);
    state.options.sendType = this.options.sendType = state.sender.type;
  }
}

/** What this module knows of a port, and its events. */
class PortState {
  constructor(port, resolved, receiver, sender) {
    this.port = port;
    this.name = port.portName;
    this.owner = port.ownerName;
    this.timeout = port.timeout;
    this.options = resolved;
    this.receiver = receiver;
    this.sender = sender;
    // Counts calls of open and close: what an earlier opening still brings is not told.
    this.opening = 0;
    this.lease = host.lease('serial', this);
  }

  receive(type, a, b, c) {
    if (type === 'idle') this.lease.offer(a);
    else if (type === 'lost') {
      host.warn(a + ' bytes were not sent before the serial port ' + this.name + ' was closed');
    } else receivers[type](this, a, b, c);
  }

  describe(type) {
    const event = type === 'failed' ? 'error' : 'data';
    return ["'" + event + "' of a SerialPort", listenersOf(this.port, event)[0]];
  }
}

function target(state) {
  const { lease } = state;
  const isNew = lease.target === 0;
  const number = lease.ask();
  if (isNew) {
    const { name, owner, timeout, options: resolved } = state;
    host.operation('serial.create', number, name, owner, timeout, resolved);
  }
  return number;
}

const receivers = {
  texts(state, opening, written) {
    deliver(state, opening, host.fromJson(written));
  },

  numbers(state, opening, written) {
    const values = state.receiver.decode(written);
    deliver(state, opening, isArray(values) ? values : [values]);
  },

  failed(state, written, code, message) {
    const [opening, permission, resource] = host.fromJson(written);
    if (opening !== state.opening) return;
    state.port.emit('error', makeError(code, message, permission, resource));
  }
};

function deliver(state, opening, values) {
  for (let i = 0; i < values.length && opening === state.opening; i++) {
    try {
      emitOne(state.port, 'data', values[i]);
    } catch (error) {
      // The next is an event of its own to the script.
      host.report(error);
    }
  }
}

// A payload on its way out is a list: `texts` and texts, each with a zero byte behind it on the
// wire, or what kit/elements makes.
const texts = {
  __proto__: null,

  string(value) {
    const payload = ['texts'];
    if (isArray(value)) for (const item of each(value)) arrayPush(payload, textOf(item));
    else {
      const content = bytesOf(value);
      if (content !== null) return ['text-bytes', toBase64(content)];
      arrayPush(payload, textOf(value));
    }
    return payload;
  },

  // The contract: a text goes out as it is.
  json(value) {
    const written = typeof value === 'string' ? value : host.stringify(value);
    if (written === undefined) {
      const { inspect } = require('util');
      throw new TypeError(inspect(value, { depth: 0 }) + ' has no JSON form');
    }
    return ['texts', written];
  }
};

function codecOf(option, type) {
  if (typeof type === 'string') {
    const codec = arrayIncludes(TYPES, stringToLowerCase(type)) && elementCodec(option, type);
    if (codec) {
      return codec.type in texts
        ? { type: codec.type, encode: texts[codec.type], decode: null }
        : codec;
    }
  }
  throw options.badOption(option, type, 'one of ' + arrayJoin(TYPES, ', '));
}

function textOf(value) {
  if (value === null || value === undefined) {
    throw new TypeError(value + ' has no text form and cannot be sent');
  }
  return String(value);
}

exports.SerialPort = SerialPort;
