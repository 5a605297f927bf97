'use strict';

// The module mqtt of the specification. The network, the queue and the sessions are Python's
// (accessor_host/modules/mqtt/binding.py): operations go there, events come from there.

const {
  arrayPush,
  isArray,
  isInteger,
  stringIndexOf,
  stringIsWellFormed,
  stringSlice,
  stringSplit
} = primordials;

const { bytesOf, decodeUtf8, encodeUtf8, fromBase64, toBase64 } = require('kit/binary');
const { EventEmitter, listenersOf } = require('kit/emitter');
const { errorOf, makeError, wrongType } = require('kit/errors');
const options = require('kit/options');

const SCHEMA = 'mqtt';

// Bytes of a topic (MQTT 3.1.1 section 1.5.3).
const MAX_TOPIC = 65535;

const RETAIN = 4;

/**
 * Make a client of a broker; `start` connects it.
 * @param {number} port TCP port of the broker
 * @param {string} address name or IP address of the broker
 * @param {object} [given] options, see schemas/mqtt.schema.json
 * @throws {string} port is no port, or address no text: so it is specified
 * @throws {TypeError} an option is not allowed
 */
exports.createClient = function createClient(port, address, given) {
  if (!isInteger(port) || port < 1 || port > 65535) {
    throw 'mqtt.createClient: the port must be an integer from 1 to 65535';
  }
  if (typeof address !== 'string') throw 'mqtt.createClient: the host must be a string';
  const resolved = options.resolve(SCHEMA, given);
  return new Client(port, address === '' ? 'localhost' : address, resolved);
};

/**
 * Read bytes as text in UTF-8, for messages of a client with `rawBytes`.
 * @param {number[]|Uint8Array} bytes
 * @throws {TypeError} it is neither
 */
exports.byteArrayToString = function byteArrayToString(bytes) {
  const content = isArray(bytes) ? bytesOfList('bytes', bytes) : bytesOf(bytes);
  if (content === null) throw wrongType('bytes', 'an array of bytes or a Uint8Array', bytes);
  return decodeUtf8(content);
};

/** As `byteArrayToString`: its name in older accessors. */
exports.binToStr = exports.byteArrayToString;

/**
 * A client of a broker.
 *
 * Emits `connect`, `message` (topic, data), `published`, `close` and `error` (Error).
 */
class Client extends EventEmitter {
  #state;

  constructor(port, host, resolved) {
    super();
    checkTogether(resolved);
    this.#state = new ClientState(this, port, host, resolved);
  }

  /** Whether the broker has accepted the client; false at once after `end`. */
  get connected() {
    return this.#state.connected;
  }

  /** Begin to connect; `connect` or `error` follows. Nothing when it is connected, or on its way. */
  start() {
    host.operation('mqtt.start', ask(this.#state));
  }

  /**
   * Subscribe, now or as soon as it is connected, and again after each loss of the connection.
   * @param {string} topic perhaps with the wildcards + and #
   * @param {{qos: number}} [given] most that messages are delivered with, 0 unless told otherwise
   * @throws {TypeError|RangeError} topic or qos is not allowed
   */
  subscribe(topic, given) {
    checkFilter(topic);
    const qos = qosOf(given);
    host.operation('mqtt.subscribe', ask(this.#state), topic, qos);
  }

  /**
   * End a subscription.
   * @param {string} topic as it was subscribed to
   * @throws {TypeError} it is not allowed
   */
  unsubscribe(topic) {
    checkFilter(topic);
    host.operation('mqtt.unsubscribe', ask(this.#state), topic);
  }

  /**
   * Publish a message; until the client is connected it waits in a queue.
   * @param {string} topic without wildcards
   * @param {*} message a text, bytes, or what becomes a text
   * @param {{qos: number, retain: boolean}} [given] 0 and false unless told otherwise
   * @param {function(Error=)} [callback] called once: when the broker has acknowledged the message
   *   (with QoS 0: when it has left), or with an Error when it may be lost
   * @throws {TypeError|RangeError} one of these is not allowed
   */
  publish(topic, message, given, callback) {
    if (typeof given === 'function' && callback === undefined) {
      callback = given;
      given = undefined;
    }
    checkTopic(topic);
    const flags = qosOf(given) + (retainOf(given) ? RETAIN : 0);
    if (callback !== undefined && callback !== null && typeof callback !== 'function') {
      throw wrongType('callback', 'of type function', callback);
    }
    const state = this.#state;
    const bytes = isArray(message) ? bytesOfList('message', message) : bytesOf(message);
    const data = bytes === null ? textOf(message) : toBase64(bytes);
    const number = state.expect(callback);
    host.operation('mqtt.publish', ask(state), number, topic, data, bytes === null, flags);
  }

  /** Deliver what was published, disconnect, and forget the subscriptions; or stop connecting. */
  end() {
    const state = this.#state;
    state.connected = false;
    if (state.lease.target !== 0) host.operation('mqtt.end', ask(state));
  }
}

/** What this module knows of a client, and its events. */
class ClientState {
  constructor(client, port, address, resolved) {
    this.client = client;
    this.port = port;
    this.host = address;
    this.options = resolved;
    this.connected = false;
    this.lastNumber = 0;
    this.callbacks = new Map();
    this.lease = host.lease('mqtt', this);
  }

  // Python tells of a message only if somebody wants to know.
  expect(callback) {
    if (typeof callback !== 'function' && listenersOf(this.client, 'published').length === 0) {
      return 0;
    }
    const number = ++this.lastNumber;
    if (typeof callback === 'function') this.callbacks.set(number, callback);
    return number;
  }

  receive(type, a, b, c) {
    receivers[type](this.client, this, a, b, c);
  }

  describe(type, a) {
    if (type === 'published' && this.callbacks.has(a)) {
      return ['the callback of publish', this.callbacks.get(a)];
    }
    const event = scriptEvents[type];
    return ["'" + event + "' of an mqtt client", listenersOf(this.client, event)[0]];
  }
}

function ask(state) {
  const isNew = state.lease.target === 0;
  const target = state.lease.ask();
  if (isNew) host.operation('mqtt.create', target, state.host, state.port, state.options);
  return target;
}

// What scripts see of an event.
const scriptEvents = {
  opened: 'connect',
  message: 'message',
  published: 'published',
  closed: 'close',
  failed: 'error'
};

// Events of a client, by name.
const receivers = {
  opened(client, state) {
    state.connected = true;
    client.emit('connect');
  },

  message(client, state, payload) {
    const end = stringIndexOf(payload, '\0');
    const data = stringSlice(payload, end + 1);
    const message = state.options.rawBytes ? listOf(data) : data;
    client.emit('message', stringSlice(payload, 0, end), message);
  },

  published(client, state, number, isThere) {
    const callback = state.callbacks.get(number);
    state.callbacks.delete(number);
    try {
      if (isThere) client.emit('published');
    } finally {
      if (callback !== undefined) {
        if (isThere) callback();
        else callback(makeError('MQTT_UNSENT', 'the broker has not acknowledged the message'));
      }
    }
  },

  failed(client, state, code, message, missing) {
    client.emit('error', errorOf(code, message, missing));
  },

  closed(client, state) {
    state.connected = false;
    client.emit('close');
  },

  idle(client, state, answered) {
    state.lease.offer(answered);
  }
};

// accessor_host/modules/mqtt/settings.py says the same of a request that is forged.
function checkTogether(given) {
  if (!given.clean && given.clientId === '') {
    const expected = 'true without a clientId: the broker knows nobody else';
    throw options.badOption('clean', false, expected);
  }
  if (given.password !== '' && given.username === '') {
    throw options.badOption('username', '', 'a name, as there is a password');
  }
  if (given.reconnectMaxDelay < given.reconnectMinDelay) {
    const delay = given.reconnectMaxDelay;
    throw options.badOption('reconnectMaxDelay', delay, 'no less than reconnectMinDelay');
  }
  if (given.will !== null) given.will = checkedWill(given.will);
}

function checkedWill(given) {
  try {
    checkTopic(given.topic);
    const message = given.message === undefined ? '' : given.message;
    if (typeof message !== 'string') throw wrongType('message', 'of type string', message);
    if (encodeUtf8(message).length > MAX_TOPIC) throw new RangeError('message is too long');
    return { topic: given.topic, message, qos: qosOf(given), retain: retainOf(given) };
  } catch (error) {
    const expected = 'a topic without wildcards, and perhaps a message, a qos and retain: ';
    throw options.refusal('will', 'this', expected + error.message);
  }
}

function checkTopic(topic) {
  checkText(topic);
  if (stringIndexOf(topic, '+') !== -1 || stringIndexOf(topic, '#') !== -1) {
    throw badTopic(topic, 'one without wildcards');
  }
}

function checkFilter(topic) {
  checkText(topic);
  const levels = stringSplit(topic, '/');
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i];
    if (stringIndexOf(level, '#') !== -1 && (level !== '#' || i < levels.length - 1)) {
      throw badTopic(topic, "'#' as the whole last level");
    }
    if (stringIndexOf(level, '+') !== -1 && level !== '+') {
      throw badTopic(topic, "'+' as a whole level");
    }
  }
}

function checkText(topic) {
  if (typeof topic !== 'string') throw wrongType('topic', 'of type string', topic);
  if (
    topic === '' ||
    stringIndexOf(topic, '\0') !== -1 ||
    !stringIsWellFormed(topic) ||
    (topic.length * 3 > MAX_TOPIC && encodeUtf8(topic).length > MAX_TOPIC)
  ) {
    throw badTopic(topic, 'a text of 1 to ' + MAX_TOPIC + ' bytes in UTF-8 without NUL');
  }
}

function badTopic(topic, expected) {
  const shown = host.toJson(topic.length > 80 ? stringSlice(topic, 0, 80) + '...' : topic);
  const error = new TypeError('topic ' + shown + ' is not allowed; expected ' + expected);
  error.code = 'ERR_INVALID_ARG_VALUE';
  return error;
}

function qosOf(given) {
  const qos = given === undefined || given === null ? undefined : given.qos;
  if (qos === undefined || qos === null) return 0;
  if (qos !== 0 && qos !== 1 && qos !== 2) throw wrongType('qos', '0, 1 or 2', qos);
  return qos;
}

function retainOf(given) {
  const retain = given === undefined || given === null ? undefined : given.retain;
  if (retain === undefined || retain === null) return false;
  if (typeof retain !== 'boolean') throw wrongType('retain', 'of type boolean', retain);
  return retain;
}

// An accessor's input may have any type; the wire has text.
function textOf(message) {
  if (typeof message === 'string') return message;
  const isObject = typeof message === 'object' && message !== null;
  const text = isObject ? host.stringify(message) : message;
  const kind = typeof text;
  if (text === undefined || text === null || kind === 'function' || kind === 'symbol') {
    throw wrongType('message', 'a text, bytes, or what has a text form', message);
  }
  return String(text);
}

// Java's bytes are signed.
function bytesOfList(name, list) {
  const bytes = new Uint8Array(list.length);
  for (let i = 0; i < list.length; i++) {
    const one = list[i];
    if (!isInteger(one) || one < -128 || one > 255) {
      throw wrongType(name + '[' + i + ']', 'a byte', one);
    }
    bytes[i] = one;
  }
  return bytes;
}

function listOf(base64) {
  const bytes = fromBase64(base64);
  const list = [];
  for (let i = 0; i < bytes.length; i++) arrayPush(list, bytes[i]);
  return list;
}
