'use strict';

// The module http-client of the specification. The network, and the order of the callbacks, are
// Python's (accessor_host/modules/http_client/binding.py): operations go there, events come from
// there, all to one target.

const {
  arrayIncludes,
  arrayJoin,
  arrayPush,
  each,
  functionCall,
  hasOwn,
  isArray,
  isInteger,
  regExpTest,
  stringIncludes,
  stringSlice,
  stringStartsWith,
  stringToLowerCase,
  stringToUpperCase
} = primordials;

const { EventEmitter, emitOne } = require('kit/emitter');
const { makeError } = require('kit/errors');
const options = require('kit/options');
const owners = require('kit/owners');

const SCHEMA = 'http-client';

// What a request may carry; accessor_host/modules/http_client/requests.py has the same.
const MAX_BODY = 16 * 1024 * 1024;
const MAX_FIELDS = 100;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const TEXT = /^(?:[!-~](?:[\t -~]*[!-~])?)?$/;
const CONTROL = /[\0-\x1f\x7f]/;
const HTTP_URL = /^https?:[/][/][^/?#\s]/i;

const OF_THE_HOST = [
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
];

const URL_PARTS = { __proto__: null, host: true, path: true, port: true, protocol: true, query: true };

// Options that stand for themselves, not for a setting.
const OF_A_REQUEST = { __proto__: null, url: true, headers: true, body: true, method: true };

const pending = new Map();
let nextId = 1;
let target = 0;

// Who asks, when a callback does: whoever made the request that it is the callback of.
let asking = null;

/**
 * One request. Emits `response` (IncomingMessage), which is what the callback hears of, `end` once
 * an answer in pieces is over, and `error` (Error).
 */
class ClientRequest extends EventEmitter {
  #state;

  /**
   * @param {string|object} [given] the URL, or options: see schemas/http-client.schema.json
   * @param {function(IncomingMessage|null)} [callback] gets the answer, or each piece of it; null
   *   when there is none
   * @throws {TypeError} an option's value is not allowed
   */
  constructor(given, callback) {
    super();
    this.#state = prepare(this, given, callback);
  }

  /**
   * Add to the body of the request.
   * @param {string|Uint8Array} data
   * @param {string} [encoding] of a string
   * @throws {Error} the request is on its way already, or its body too large
   */
  write(data, encoding) {
    addToBody(this.#state, data, encoding);
    return true;
  }

  /**
   * Send the request; nothing when that was done.
   * @param {string|Uint8Array} [data] what else belongs to its body
   * @param {string} [encoding] of a string
   */
  end(data, encoding) {
    const state = this.#state;
    if (state.id !== 0 || state.isStopped) return this;
    if (data !== undefined && data !== null && typeof data !== 'function') {
      addToBody(state, data, encoding);
    }
    send(state);
    return this;
  }

  /** Give the request up: neither an answer nor an error follows. */
  stop() {
    const state = this.#state;
    state.isStopped = true;
    if (pending.has(state.id)) {
      pending.delete(state.id);
      host.operation('http-client.stop', target, state.id);
    }
  }
}

/** An answer, or a piece of one. */
class IncomingMessage {
  constructor(head, body) {
    Object.assign(this, head);
    this.body = body;
  }
}

/** Return all about a request, checked. */
function prepare(request, given, callback) {
  if (callback !== undefined && callback !== null && typeof callback !== 'function') {
    throw require('kit/errors').wrongType('callback', 'of type function', callback);
  }
  if (typeof given === 'string') given = { url: given };
  else if (given === undefined || given === null) given = {};
  else if (typeof given !== 'object' || isArray(given)) options.resolve(SCHEMA, given);
  const state = {
    request,
    callback: callback || null,
    id: 0,
    isStopped: false,
    url: readUrl(given.url),
    method: readMethod(given.method),
    fields: readFields(given.headers),
    settings: readSettings(given),
    parts: [],
    size: 0,
    type: null,
    head: null,
    owner: owners.current() || asking
  };
  takeBody(state, given.body);
  // A whole answer is one event: `once` would be no different.
  if (callback) request.on('response', callback);
  return state;
}

// Of most requests these two options are all, and their texts are the same.
const usual = { __proto__: null };

function readSettings(given) {
  let key = '';
  for (const name of each(Object.keys(given))) {
    if (OF_A_REQUEST[name]) continue;
    const value = given[name];
    if ((name !== 'keepAlive' && name !== 'outputCompleteResponseOnly') || value !== !!value) {
      return makeSettings(given);
    }
    key += name + value;
  }
  if (usual[key] === undefined) usual[key] = makeSettings(given);
  return usual[key];
}

function makeSettings(given) {
  const rest = {};
  for (const name of each(Object.keys(given))) {
    if (!OF_A_REQUEST[name]) define(rest, name, given[name]);
  }
  const resolved = options.resolve(SCHEMA, rest);
  for (const name of each(Object.keys(OF_A_REQUEST))) delete resolved[name];
  return host.toJson(resolved);
}

// Settings go to Python once, and by their number then. As many are known there.
const MAX_KNOWN = 64;
const known = new Map();

function numberOf(settings) {
  let number = known.get(settings);
  if (number === undefined) {
    if (known.size >= MAX_KNOWN) return settings;
    number = known.size + 1;
    known.set(settings, number);
    host.operation('http-client.settings', number, settings);
  }
  return number;
}

function define(object, name, value) {
  Object.defineProperty(object, name, {
    __proto__: null,
    value,
    writable: true,
    enumerable: true,
    configurable: true
  });
}

function refuse(name, allowed) {
  // Not shown: it may be a secret.
  return options.refusal(name, 'the value (not shown)', allowed);
}

const AN_URL = "a URL as 'http://host:port/path' is, or an object {host, port, path, protocol, query}";

// What was asked for last, and most often is again.
let lastUrl = '';

function readUrl(given) {
  if (given === lastUrl && given !== '') return given;
  if (given === undefined || given === null || given === '') return 'http://localhost:80/';
  let url = given;
  if (typeof given === 'object' && !isArray(given)) url = joinUrl(given);
  if (typeof url !== 'string' || regExpTest(CONTROL, url) || !regExpTest(HTTP_URL, url)) {
    throw refuse('url', AN_URL);
  }
  lastUrl = url;
  return url;
}

function joinUrl(parts) {
  for (const name of each(Object.keys(parts))) {
    if (URL_PARTS[name]) continue;
    host.warn("unknown part '" + name + "' of option 'url'");
  }
  const protocol = stringToLowerCase(partOf(parts, 'protocol', 'http'));
  const name = partOf(parts, 'host', 'localhost');
  const port = parts.port === undefined || parts.port === null ? 80 : +parts.port;
  if (!isInteger(port) || port < 1 || port > 65535) {
    throw options.badOption('url.port', parts.port, 'an integer from 1 to 65535');
  }
  if (regExpTest(/[/?#@\\\s]/, name)) throw refuse('url.host', 'the name or address of a host');
  const scheme = stringSlice(protocol, -1) === ':' ? stringSlice(protocol, 0, -1) : protocol;
  if (scheme !== 'http' && scheme !== 'https') {
    throw options.badOption('url.protocol', parts.protocol, "'http' or 'https'");
  }
  const path = partOf(parts, 'path', '/');
  const query = partOf(parts, 'query', '');
  // Of 'https' alone nobody means port 80.
  const isDefault = parts.port === undefined || parts.port === null;
  return arrayJoin(
    [
      scheme,
      '://',
      stringIncludes(name, ':') && !stringStartsWith(name, '[') ? '[' + name + ']' : name,
      scheme === 'https' && isDefault ? '' : ':' + port,
      stringStartsWith(path, '/') || stringStartsWith(path, '?') ? path : '/' + path,
      query === '' || stringStartsWith(query, '?') ? query : '?' + query
    ],
    ''
  );
}

function partOf(parts, name, byDefault) {
  const value = parts[name];
  if (value === undefined || value === null || value === '') return byDefault;
  if (typeof value !== 'string') throw options.badOption('url.' + name, value, 'a string');
  return value;
}

function readMethod(given) {
  if (given === undefined || given === null || given === '') return 'GET';
  const method = typeof given === 'string' ? stringToUpperCase(given) : given;
  if (typeof method === 'string' && regExpTest(TOKEN, method) && method !== 'CONNECT') return method;
  throw options.badOption('method', given, "the name of a method, as 'GET' is");
}

/** Return pairs of name and value. */
function readFields(given) {
  const fields = [];
  if (given === undefined || given === null) return fields;
  if (typeof given !== 'object' || isArray(given)) {
    throw refuse('headers', 'an object with a text, or a list of texts, for each name');
  }
  for (const name of each(Object.keys(given))) {
    if (!regExpTest(TOKEN, name)) throw options.refusal('headers', 'a name', 'names of HTTP fields');
    const lower = stringToLowerCase(name);
    if (arrayIncludes(OF_THE_HOST, lower) || stringStartsWith(lower, 'proxy-')) {
      throw options.refusal('headers', 'the field ' + name, "names that are the script's to set");
    }
    const values = isArray(given[name]) ? given[name] : [given[name]];
    for (let i = 0; i < values.length; i++) {
      const value = typeof values[i] === 'number' ? '' + values[i] : values[i];
      if (value === undefined || value === null) continue;
      if (typeof value !== 'string' || !regExpTest(TEXT, value)) {
        throw options.refusal(
          'headers',
          'the value of ' + name + ' (not shown)',
          'printable ASCII without a space at either end, or a list of such texts'
        );
      }
      arrayPush(fields, [name, value]);
    }
  }
  if (fields.length > MAX_FIELDS) {
    throw options.refusal('headers', 'so much', 'at most ' + MAX_FIELDS + ' fields');
  }
  return fields;
}

function takeBody(state, body) {
  if (body === undefined || body === null) return;
  if (typeof body === 'object') {
    const { data, type } = require('kit/bodies').encodeBody(body);
    state.type = type;
    addToBody(state, data);
  } else if (typeof body === 'function' || typeof body === 'symbol') {
    throw refuse('body', 'a text, bytes, an image or what has a JSON form');
  } else {
    addToBody(state, String(body));
  }
}

function addToBody(state, data, encoding) {
  if (state.id !== 0) throw makeError('ERR_STREAM_WRITE_AFTER_END', 'the request is on its way');
  const isText = typeof data === 'string' && !encoding;
  const part = isText ? data : require('kit/bodies').toPart(data, encoding);
  state.size += part.length;
  if (state.size > MAX_BODY) {
    state.parts = [];
    throw makeError('HTTP_BODY_TOO_LARGE', 'a body has ' + MAX_BODY + ' bytes at most');
  }
  arrayPush(state.parts, part);
}

function send(state) {
  if (target === 0) target = host.open(receiver);
  state.id = nextId++;
  pending.set(state.id, state);
  const { parts } = state;
  let body = null;
  if (parts.length > 0) {
    body =
      parts.length === 1 && typeof parts[0] === 'string'
        ? parts[0]
        : require('kit/bodies').joinParts(parts);
  }
  state.parts = [];
  if (state.type !== null) addType(state);
  const settings = numberOf(state.settings);
  host.operation(
    'http-client.send',
    target,
    state.id,
    scopeOf(state.owner),
    state.url,
    state.method,
    state.fields,
    body,
    settings
  );
}

function addType(state) {
  for (const [name] of each(state.fields)) {
    if (stringToLowerCase(name) === 'content-type') return;
  }
  arrayPush(state.fields, ['Content-Type', state.type]);
}

// Callbacks are in order for each accessor; scripts that are none's have one order together.
const scopes = new WeakMap();
let nextScope = 1;

function scopeOf(owner) {
  if (owner === null) return 0;
  if (!scopes.has(owner)) scopes.set(owner, nextScope++);
  return scopes.get(owner);
}

const receiver = {
  receive(type, id, detail, payload) {
    const state = pending.get(id);
    // It may have been stopped while this was on its way.
    if (state === undefined) return;
    asking = state.owner;
    try {
      receivers[type](state, id, detail, payload);
    } finally {
      asking = null;
    }
  },

  describe(type, id) {
    const { callback } = pending.get(id) || {};
    return ["the callback of a request by http-client", callback || undefined];
  }
};

const receivers = {
  answered(state, id, head, payload) {
    pending.delete(id);
    const message = new IncomingMessage(host.fromJson(head), decode(payload));
    emitOne(state.request, 'response', message);
  },

  piece(state, id, head, payload) {
    if (head !== '') state.head = head;
    emitOne(state.request, 'response', new IncomingMessage(host.fromJson(state.head), decode(payload)));
  },

  ended(state, id) {
    pending.delete(id);
    state.request.emit('end');
  },

  failed(state, id, code, detail) {
    pending.delete(id);
    const [message, permission, resource] = each(host.fromJson(detail));
    if (state.callback !== null) {
      try {
        functionCall(state.callback, state.request, null);
      } catch (error) {
        // The event is for others, perhaps.
        host.report(error);
      }
    }
    state.request.emit('error', makeError(code, message, permission, resource));
  }
};

// The first letter says what follows.
function decode(payload) {
  const rest = stringSlice(payload, 1);
  if (payload[0] === 't') return rest;
  if (payload[0] === 'j') return host.fromJson(rest);
  if (payload[0] === 'b') return require('kit/binary').fromBase64(rest);
  return require('kit/images').imageCodec('image/png').decode(rest);
}

/**
 * Make a request, which is sent by its `end()`.
 * @param {string|object} [given] the URL, or options: see schemas/http-client.schema.json
 * @param {function(IncomingMessage|null)} [callback] gets the answer; null when there is none
 * @returns {ClientRequest}
 * @throws {TypeError} an option's value is not allowed
 */
exports.request = function request(given, callback) {
  return new ClientRequest(given, callback);
};

/** Make a GET request and send it; as `request`. */
exports.get = function get(given, callback) {
  return exports.request(given, callback).end();
};

for (const method of each(['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'])) {
  /** Make a request of this method, whatever the options say, and send it; as `request`. */
  exports[stringToLowerCase(method)] = function (given, callback) {
    const isUrl = typeof given === 'string' || given === undefined || given === null;
    const isObject = typeof given === 'object' && !isArray(given);
    const all = isUrl ? { url: given, method } : isObject ? { ...given, method } : given;
    return new ClientRequest(all, callback).end();
  };
}

exports.ClientRequest = ClientRequest;
