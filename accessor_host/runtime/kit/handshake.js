'use strict';

// What options of web-socket-client say of the handshake, beyond what their schema can say.
// accessor_host/modules/web_socket_client/handshake.py does the same for Python, and once more for
// what comes from here.

const {
  arrayIncludes,
  arrayPush,
  arraySome,
  each,
  isArray,
  regExpExec,
  regExpTest,
  stringStartsWith,
  stringToLowerCase
} = primordials;

const { badOption, refusal } = require('kit/options');

const MAX_FIELDS = 100;
const MAX_FIELD_BYTES = 16 * 1024;
const LONGEST_NAME = 64;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const TEXT = /^(?:[!-~](?:[\t -~]*[!-~])?)?$/;
const URL = /^(wss?):[/][/](?:\[([^\]]*)\]|([^:/?]*))(?::([0-9]+))?(.*)$/i;

const RESERVED = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
];
const RESERVED_STARTS = ['proxy-', 'sec-websocket-'];

const ALLOWED_NAMES =
  'names of HTTP fields that are not of the handshake or the connection, as are Host, Upgrade, ' +
  'Content-Length, Sec-WebSocket-... and Proxy-...';
const ALLOWED_VALUES = 'printable ASCII without a space at either end, or a list of such texts';
const ALLOWED_SIZE = 'at most ' + MAX_FIELDS + ' fields, of ' + MAX_FIELD_BYTES + ' bytes together';

/**
 * Copy the option `headers`, as it is now.
 * @param {object} given for each name a text, or a list of texts
 * @throws {TypeError} a name or value is not allowed; the text shows no value
 */
exports.copyHeaders = function copyHeaders(given) {
  const copy = {};
  let count = 0;
  let size = 0;
  for (const name of each(Object.keys(given))) {
    if (!isFreeName(name)) {
      const shown = name.length > LONGEST_NAME ? 'a long name' : quote(name);
      throw refusal('headers', 'the field ' + shown, ALLOWED_NAMES);
    }
    const value = given[name];
    const values = isArray(value) ? value : [value];
    const texts = [];
    for (let i = 0; i < values.length; i++) {
      const text = values[i];
      if (typeof text !== 'string' || !regExpTest(TEXT, text)) {
        throw refusal('headers', 'the value of ' + quote(name) + ' (not shown)', ALLOWED_VALUES);
      }
      size += name.length + text.length;
      count++;
      if (count > MAX_FIELDS || size > MAX_FIELD_BYTES) {
        throw refusal('headers', 'so much', ALLOWED_SIZE);
      }
      arrayPush(texts, text);
    }
    Object.defineProperty(copy, name, {
      __proto__: null,
      value: isArray(value) ? texts : texts[0],
      writable: true,
      enumerable: true,
      configurable: true
    });
  }
  return copy;
};

function isFreeName(name) {
  if (!regExpTest(TOKEN, name)) return false;
  const lower = stringToLowerCase(name);
  return (
    !arrayIncludes(RESERVED, lower) &&
    !arraySome(RESERVED_STARTS, (start) => stringStartsWith(lower, start))
  );
}

function quote(text) {
  return require('node/internal/inspect').inspect(text);
}

/**
 * Let the option `url` say what it says: host, port, path and sslTls.
 * @param {object} resolved options, which are changed
 * @param {object} defaults what they are without a word
 * @throws {TypeError} one of these options says something else than the URL
 */
exports.applyUrl = function applyUrl(resolved, defaults) {
  const match = regExpExec(URL, resolved.url);
  const secure = stringToLowerCase(match[1]) === 'wss';
  const path = match[5];
  const said = {
    __proto__: null,
    host: match[2] || match[3],
    port: match[4] ? +match[4] : secure ? 443 : 80,
    path: stringStartsWith(path, '/') ? path : '/' + path,
    sslTls: secure
  };
  for (const name of each(Object.keys(said))) {
    const value = resolved[name];
    if (value !== said[name] && value !== defaults[name]) {
      throw badOption(name, value, "what the option 'url' says: " + quote(said[name]));
    }
    resolved[name] = said[name];
  }
};
