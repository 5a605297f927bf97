'use strict';

// getResource and its deprecated relatives: files that an accessor may read, and the web. The
// synchronous forms wait inside the host (accessor_host/modules/resources/binding.py).

const { arrayFrom, each, stringToLowerCase, stringToUpperCase } = primordials;

const { report } = require('accessors/failures');
const running = require('accessors/running');
const { fromBase64 } = require('kit/binary');

/** Milliseconds that a resource may take unless the script says otherwise. */
const DEFAULT_TIMEOUT = 5_000;

/** Milliseconds that it may take whatever the script says. */
const MAX_TIMEOUT = 2 ** 31 - 1;

const pending = new Map();
let nextCall = 1;
let target = 0;

const receiver = {
  receive(type, call, detail) {
    const { callback, accessor, isRaw } = pending.get(call);
    pending.delete(call);
    if (type === 'failed') finish(accessor, callback, detail, null);
    else finish(accessor, callback, null, unpack(host.fromJson(detail), isRaw));
  },

  describe(type, call) {
    return (
      running.describe() || ['the callback of getResource()', (pending.get(call) || {}).callback]
    );
  }
};

function finish(accessor, callback, status, content) {
  if (accessor === null) {
    callback(status, content);
    return;
  }
  const what = 'the callback of getResource()';
  const depth = running.begin({ accessor, what, callback });
  try {
    callback(status, content);
  } catch (error) {
    report(error, what + " of accessor '" + accessor.accessorName + "'");
  } finally {
    running.end(depth);
  }
}

function unpack(content, isRaw) {
  return isRaw ? arrayFrom(fromBase64(content)) : content;
}

function toRequest(uri, options, directory) {
  if (typeof uri !== 'string' || uri === '') {
    throw new TypeError(
      'getResource() needs a URI; got ' + require('node/internal/inspect').inspect(uri)
    );
  }
  let given = options || {};
  if (typeof options === 'number') given = { timeout: options };
  else if (typeof options === 'string') given = { encoding: options };
  const encoding = given.encoding ? String(given.encoding) : null;
  const raw = encoding !== null && stringToLowerCase(encoding) === 'raw';
  return { uri, encoding, raw, timeout: toTimeout(given.timeout), directory };
}

function toTimeout(milliseconds) {
  return milliseconds > 0 ? Math.min(Number(milliseconds), MAX_TIMEOUT) : DEFAULT_TIMEOUT;
}

// Whoever is asked from here on may call Python in the middle of any event, so that what runs too
// long can no longer be interrupted: nobody is asked before a script wants it.
function ask(question, request, what) {
  try {
    return require('kit/questions').ask(question, request);
  } catch (error) {
    if (error.code !== 'ERR_REQUIRED_TOO_LATE') throw error;
    throw new Error(
      'cannot wait for ' +
        what +
        ' here: call getResource() by its name, so that the host can ' +
        'see it in the script, or give it a callback'
    );
  }
}

/**
 * Return `getResource` for the script of an accessor, or for other scripts.
 * @param {object|null} accessor whose callbacks they are, for reports
 * @param {string} directory where relative names start
 */
exports.getResourceFor = function getResourceFor(accessor, directory) {
  return function getResource(uri, options, callback) {
    if (typeof options === 'function') return getResource(uri, undefined, options);
    const request = toRequest(uri, options, directory);
    if (typeof callback !== 'function') {
      return unpack(ask('resource', request, "'" + uri + "'"), request.raw);
    }
    const call = nextCall++;
    pending.set(call, { callback, accessor, isRaw: request.raw });
    if (target === 0) target = host.open(receiver);
    host.operation('resource.get', target, call, request);
    return undefined;
  };
};

/** `getResource` as a global: relative names start in the current directory. */
exports.globalGetResource = exports.getResourceFor(null, '.');

/**
 * Return the text at a URL.
 * @deprecated use getResource
 */
exports.readURL = function readURL(url, timeout) {
  return exports.globalGetResource(url, { timeout });
};

/**
 * Make an HTTP request and return the text of the answer.
 * @deprecated use the module http-client
 */
exports.httpRequest = function httpRequest(url, method, properties, body, timeout) {
  const headers = {};
  for (const name of each(Object.keys(properties || {}))) headers[name] = String(properties[name]);
  const request = {
    uri: String(url),
    method: stringToUpperCase(String(method || 'GET')),
    headers,
    body: body === undefined || body === null ? null : String(body),
    timeout: toTimeout(timeout)
  };
  return ask('http', request, "'" + request.uri + "'");
};
