'use strict';

// The module http-server of the specification. The network is Python's
// (accessor_host/modules/http_server/binding.py): operations go there, events come from there.

const { arrayJoin, arrayPush, each, isArray, isInteger, regExpTest, stringToLowerCase } = primordials;

const { EventEmitter, listenersOf } = require('kit/emitter');
const { makeError, wrongType } = require('kit/errors');
const options = require('kit/options');

const { send } = host;

const SCHEMA = 'http-server';

// Up to this, texts leave joined with others.
const LONG = 100;

const OK = 200;
const NOT_FOUND = 404;

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const DIGITS = /^[0-9]{1,15}$/;

// Fields that say where the body ends and how the connection goes on; as in Python.
const OURS = {
  __proto__: null,
  connection: true,
  'content-length': true,
  date: true,
  'keep-alive': true,
  trailer: true,
  'transfer-encoding': true,
  upgrade: true
};

/**
 * A server that answers HTTP requests.
 *
 * Emits `listening` (port), `request` (request), `error` (Error) and `close`.
 */
class HttpServer extends EventEmitter {
  #state;

  /**
   * @param {object} [given] options, see schemas/http-server.schema.json
   * @throws {TypeError} an option's value is not allowed
   */
  constructor(given) {
    super();
    const resolved = options.resolve(SCHEMA, given);
    options.assign(this, SCHEMA, resolved);
    this.#state = new ServerState(this, resolved);
  }

  /** Begin to listen; `listening` or `error` follows. */
  start() {
    const state = this.#state;
    const target = state.lease.ask();
    if (state.source === null || state.source.target !== target) {
      state.source = new host.Source('http-server.text', target);
    }
    host.operation('http-server.start', target, state.options, state.door);
  }

  /** Stop listening; requests that wait for an answer get a 503, and `close` follows. */
  stop() {
    const { lease } = this.#state;
    if (lease.target !== 0) host.operation('http-server.stop', lease.ask());
  }

  /** Return `{address, family, port}` while listening, else null. */
  address() {
    const { address } = this.#state;
    return address === null ? null : { ...address };
  }

  /**
   * Answer a request; nothing when it waits for no answer any more.
   * @param {number|string} requestID of the request
   * @param {*} [text] the body: text, bytes, an image; any other object becomes JSON
   * @param {number} [responseCode] status, 200 to 599; 200 unless it is given
   * @param {string|object} [more] type of the body, or fields by their names
   * @throws {TypeError|RangeError} one of these is not allowed; the request waits on
   */
  respond(requestID, text, responseCode, more) {
    const { lease, source } = this.#state;
    const request = readID(requestID);
    if (typeof text === 'string' && responseCode === undefined && more === undefined) {
      if (lease.target === 0 || request === 0) return;
      const parts = [request + '\n', text];
      // Joined: the binding of one engine takes no long text that was added up and is in parts.
      send(source, text.length < LONG ? parts[0] + text : arrayJoin(parts, ''), false);
      return;
    }
    const status = readStatus(responseCode);
    const headers = readHeaders(more);
    const payload = readBody(text, headers);
    if (lease.target === 0 || request === 0) return;
    host.operation('http-server.respond', lease.target, request, status, headers, payload);
  }
}

/** What this module knows of a server, and its events. */
class ServerState {
  constructor(server, resolved) {
    this.server = server;
    this.options = resolved;
    this.address = null;
    this.source = null;
    this.door = require('kit/doors').openDoor(server);
    this.lease = host.lease('http-server', this);
  }

  receive(type, a, b, c) {
    receivers[type](this.server, this, a, b, c);
  }

  describe(type) {
    const event = scriptEvents[type];
    return ["'" + event + "' of an HttpServer", listenersOf(this.server, event)[0]];
  }
}

// What scripts see of an event.
const scriptEvents = {
  listening: 'listening',
  request: 'request',
  failed: 'error',
  stopped: 'close'
};

// Events of a server, by name.
const receivers = {
  listening(server, state, port, address, family) {
    state.address = { address, family, port };
    server.emit('listening', port);
  },

  request(server, state, facts) {
    const request = readRequest(host.fromJson(facts));
    if (listenersOf(server, 'request').length === 0) {
      // Nobody else would answer.
      server.respond(request.requestID, 'Not Found\n', NOT_FOUND, 'text/plain; charset=utf-8');
      return;
    }
    server.emit('request', request);
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
  }
};

// The number, what the head says, and what is of this request only.
function readRequest(facts) {
  const head = facts[1];
  const rest = facts[2];
  const request = {
    requestID: facts[0],
    method: head[0],
    path: head[1],
    headers: head[3],
    params: head[2] === '' ? {} : readQuery(head[2]),
    body: readContent(rest[1], rest[2]),
    remoteHost: rest[0]
  };
  if (rest.length > 3) {
    request.secure = true;
    request.clientCertificate = rest[3];
  }
  return request;
}

function readQuery(query) {
  // Without the prototype it has there, which accessors do not expect.
  return { ...require('querystring').parse(query) };
}

function readContent(kind, text) {
  if (kind === '') return null;
  return kind === 'text' ? text : require('kit/binary').fromBase64(text);
}

// An accessor may have passed it through JSON, or used it as a key.
function readID(given) {
  if (typeof given === 'string' && regExpTest(DIGITS, given)) return +given;
  return isInteger(given) && given > 0 ? given : 0;
}

function readStatus(given) {
  if (given === undefined || given === null) return OK;
  const status = typeof given === 'string' && regExpTest(DIGITS, given) ? +given : given;
  if (isInteger(status) && status >= 200 && status <= 599) return status;
  const { message } = wrongType('responseCode', 'an integer from 200 to 599', given);
  throw new RangeError(message);
}

function readHeaders(given) {
  const pairs = [];
  if (given === undefined || given === null) return pairs;
  if (typeof given === 'string') {
    addField(pairs, 'Content-Type', given);
    return pairs;
  }
  if (typeof given !== 'object' || isArray(given)) {
    throw wrongType('headers', 'a type, or an object with a value for each name', given);
  }
  for (const name of each(Object.keys(given))) {
    const value = given[name];
    const length = isArray(value) ? value.length : 1;
    for (let i = 0; i < length; i++) addField(pairs, name, isArray(value) ? value[i] : value);
  }
  return pairs;
}

function addField(pairs, name, value) {
  if (!regExpTest(NAME, name) || OURS[stringToLowerCase(name)]) {
    throw new TypeError("an answer cannot have the header '" + name + "'");
  }
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !regExpTest(VALUE, text)) {
    throw wrongType("headers['" + name + "']", 'a text without control characters', value);
  }
  arrayPush(pairs, [name, text]);
}

function readBody(given, headers) {
  if (typeof given === 'string') return given;
  if (given === undefined || given === null) return '';
  if (typeof given !== 'object') return String(given);
  const binary = require('kit/binary');
  const bytes = binary.bytesOf(given);
  if (bytes !== null) return ['bytes', binary.toBase64(bytes)];
  if (given.data !== undefined && typeof given.type === 'string') {
    const content = binary.bytesOf(given.data);
    if (content !== null) {
      addType(headers, given.type);
      return ['bytes', binary.toBase64(content)];
    }
  }
  if (given.pixels !== undefined) {
    addType(headers, 'image/png');
    return require('kit/images').imageCodec('image/png').encode(given);
  }
  const text = host.stringify(given);
  if (text === undefined) throw wrongType('text', 'a text, bytes, an image or a value for JSON', given);
  addType(headers, 'application/json');
  return text;
}

// Unless the script says it.
function addType(headers, type) {
  for (const pair of each(headers)) {
    if (stringToLowerCase(pair[0]) === 'content-type') return;
  }
  addField(headers, 'Content-Type', type);
}

exports.HttpServer = HttpServer;
