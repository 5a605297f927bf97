'use strict';

// The request of a client that opens a connection, as scripts see it. It is read when something of
// it is asked for: most scripts never do.

const {
  arrayPush,
  each,
  stringIndexOf,
  stringSlice,
  stringSplit,
  stringStartsWith,
  stringToLowerCase,
  symbolFor
} = primordials;

const INSPECT = symbolFor('nodejs.util.inspect.custom');

/** What a client asks for in its opening handshake. */
class Request {
  #head;
  #client;
  #fields = null;
  #subprotocols = null;

  /**
   * @param {Array} client address, port, whether it is secure, and the client's certificate or null
   * @param {string} head request line and fields, as they came, to the empty line
   */
  constructor(client, head) {
    this.#client = client;
    this.#head = head;
  }

  /** The path, as the client wrote it, without query. */
  get path() {
    return splitTarget(this.#head)[0];
  }

  /** What stands behind the `?`; empty when there is nothing. */
  get query() {
    return splitTarget(this.#head)[1];
  }

  /** The fields by their names in lower case; those that came twice are joined. */
  get headers() {
    if (this.#fields === null) this.#fields = readFields(this.#head);
    return this.#fields;
  }

  /** The origin that a browser names, or null. */
  get origin() {
    const { origin } = readFields(this.#head);
    return origin === undefined ? null : origin;
  }

  /** The subprotocols that the client offers, those that it prefers first. */
  get subprotocols() {
    if (this.#subprotocols === null) this.#subprotocols = offeredIn(this.#head);
    return this.#subprotocols;
  }

  /** The address of the client. */
  get remoteHost() {
    return this.#client[0];
  }

  /** The port of the client. */
  get remotePort() {
    return this.#client[1];
  }

  /** Whether the client connects over TLS. */
  get secure() {
    return this.#client[2];
  }

  /** What the client's verified certificate says, or null. */
  get clientCertificate() {
    return this.#client[3];
  }

  /** Return all of it, for `JSON.stringify`. */
  toJSON() {
    const { path, query, headers, origin, subprotocols } = this;
    const { remoteHost, remotePort, secure, clientCertificate } = this;
    return {
      path,
      query,
      headers,
      origin,
      subprotocols,
      remoteHost,
      remotePort,
      secure,
      clientCertificate
    };
  }
}

// Printing a request must not print its secrets: they are in its query and its headers.
Object.defineProperty(Request.prototype, INSPECT, {
  __proto__: null,
  value() {
    return '<Request of ' + this.remoteHost + ':' + this.remotePort + ' for ' + this.path + '>';
  }
});

exports.Request = Request;

/**
 * Read what is known of a client beside its request.
 * @param {string} facts address, port and path with spaces between them; or, of a client that uses
 *   TLS or a subprotocol, a list in JSON
 * @returns {Array} address, port, whether it is secure, its certificate, its subprotocol, and path
 */
exports.readFacts = function readFacts(facts) {
  if (stringStartsWith(facts, '[')) return host.fromJson(facts);
  const first = stringIndexOf(facts, ' ');
  const second = stringIndexOf(facts, ' ', first + 1);
  const port = +stringSlice(facts, first + 1, second);
  return [stringSlice(facts, 0, first), port, false, null, null, stringSlice(facts, second + 1)];
};

/** Tell whether a client offers a subprotocol. */
exports.offers = function offers(head, subprotocol) {
  for (const name of each(offeredIn(head))) if (name === subprotocol) return true;
  return false;
};

// The request line is `GET TARGET HTTP/1.1`.
function splitTarget(head) {
  const start = stringIndexOf(head, ' ') + 1;
  const target = stringSlice(head, start, stringIndexOf(head, ' ', start));
  const mark = stringIndexOf(target, '?');
  return mark === -1 ? [target, ''] : [stringSlice(target, 0, mark), stringSlice(target, mark + 1)];
}

function readFields(head) {
  // No prototype: `__proto__` is a name like any other.
  const fields = { __proto__: null };
  const lines = stringSplit(head, '\r\n');
  for (let i = 1; i < lines.length - 2; i++) {
    const colon = stringIndexOf(lines[i], ':');
    const name = stringToLowerCase(stringSlice(lines[i], 0, colon));
    const value = trim(stringSlice(lines[i], colon + 1));
    if (fields[name] === undefined) fields[name] = value;
    else fields[name] += (name === 'cookie' ? '; ' : ', ') + value;
  }
  return fields;
}

function offeredIn(head) {
  const names = [];
  const field = readFields(head)['sec-websocket-protocol'];
  if (field === undefined) return names;
  for (const part of each(stringSplit(field, ','))) {
    const name = trim(part);
    if (name !== '') arrayPush(names, name);
  }
  return names;
}

// Spaces and tabs only, as HTTP does.
function trim(text) {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text[start])) start++;
  while (end > start && isBlank(text[end - 1])) end--;
  return stringSlice(text, start, end);
}

function isBlank(unit) {
  return unit === ' ' || unit === '\t';
}
