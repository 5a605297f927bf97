'use strict';

// Hooks of scripts that decide who may connect: how they are called, and what their answers mean.
// Python checks once more what is to be done (accessor_host/websocket/plain_http.py).

const {
  apply,
  arrayIncludes,
  arrayJoin,
  each,
  isArray,
  isInteger,
  promiseThen,
  regExpTest,
  stringIsWellFormed,
  stringToLowerCase
} = primordials;

const dispatch = require('core/dispatch');
const { expectMicrotasks } = require('core/microtasks');
const { offers } = require('kit/requests');

const UNAUTHORIZED = { status: 401, reason: '', headers: null };
const FAILED = { status: 500, reason: '', headers: null };
const ADMITTED = { subprotocol: null, data: undefined };

// The hook whose answer is read, for what is wrong with it.
let hookThatAnswered = null;

const MAX_REFUSAL = 8 * 1024; // As in Python.

const CONTROL = /[\0-\x1f\x7f-\x9f\u2028\u2029]/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e]*$/;
const OURS = ['connection', 'content-length', 'content-type', 'transfer-encoding'];

/**
 * Ask a hook whether a client may connect.
 *
 * What it throws, and an answer that means nothing, is an error of the script, and refuses.
 * @param {Function} hook the script's
 * @param {object} request what it gets
 * @param {string} head of the request
 * @param {{admit: Function, refuse: Function}} client is told once, now or later:
 *   `admit(subprotocol, data)`, or `refuse(status, reason, headers)`
 */
exports.verify = function verify(hook, request, head, client) {
  dispatch.whenStopped(() => refuse(client, FAILED));
  let answer;
  try {
    answer = apply(hook, undefined, [request]);
    if (!isThenable(answer)) {
      decide(hook, answer, head, client);
      return;
    }
    expectMicrotasks();
    answer = new Promise((resolve) => resolve(answer));
  } catch (error) {
    refuse(client, FAILED);
    throw error;
  } finally {
    dispatch.whenStopped(null);
  }
  promiseThen(
    answer,
    (value) => {
      try {
        decide(hook, value, head, client);
      } catch (error) {
        fail(error, client);
      }
    },
    (error) => fail(error, client)
  );
};

function fail(error, client) {
  refuse(client, FAILED);
  host.report(error);
}

function refuse(client, { status, reason, headers }) {
  client.refuse(status, reason, headers);
}

function isThenable(value) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  return typeof value.then === 'function';
}

function decide(hook, answer, head, client) {
  hookThatAnswered = hook;
  if (answer === false) {
    refuse(client, UNAUTHORIZED);
    return;
  }
  if (answer !== true && (typeof answer !== 'object' || answer === null || isArray(answer))) {
    throw meaningless(show(answer));
  }
  if (answer !== true && 'status' in answer) {
    refuse(client, readRefusal(answer));
    return;
  }
  const { subprotocol, data } = answer === true ? ADMITTED : readAdmission(answer, head);
  client.admit(subprotocol, data);
}

// Each property is read once: what was checked is what is used.

function readRefusal(answer) {
  checkNames(answer, ['status', 'reason', 'headers']);
  const { status, reason, headers } = answer;
  if (!isInteger(status) || status < 400 || status > 599) {
    throw wrong('status', status, 'an integer from 400 to 599');
  }
  const text = reason === undefined || reason === null ? '' : reason;
  if (
    typeof text !== 'string' ||
    text.length > MAX_REFUSAL ||
    regExpTest(CONTROL, text) ||
    !stringIsWellFormed(text)
  ) {
    throw wrong(
      'reason',
      reason,
      'a text without control characters, of at most ' + MAX_REFUSAL + ' characters'
    );
  }
  return { status, reason: text, headers: readHeaders(headers) };
}

function readHeaders(headers) {
  if (headers === undefined || headers === null) return null;
  if (typeof headers !== 'object' || isArray(headers)) {
    throw wrong('headers', headers, 'an object with a value, or a list of values, for each name');
  }
  const fields = { __proto__: null };
  let size = 0;
  for (const name of each(Object.keys(headers))) {
    if (!regExpTest(NAME, name) || arrayIncludes(OURS, stringToLowerCase(name))) {
      throw new TypeError(subject() + " returned a header '" + name + "', which cannot be");
    }
    const given = headers[name];
    const values = [];
    const length = isArray(given) ? given.length : 1;
    for (let i = 0; i < length; i++) {
      const value = isArray(given) ? given[i] : given;
      if (typeof value !== 'string' || !regExpTest(VALUE, value)) {
        throw wrong('headers.' + name, value, 'a text of printable ASCII');
      }
      size += name.length + value.length;
      if (size > MAX_REFUSAL) {
        throw new TypeError(
          subject() + ' returned headers of more than ' + MAX_REFUSAL + ' characters'
        );
      }
      values[i] = value;
    }
    fields[name] = values;
  }
  return fields;
}

function readAdmission(answer, head) {
  checkNames(answer, ['data', 'subprotocol']);
  if (!('data' in answer || 'subprotocol' in answer)) throw meaningless(show(answer));
  const { data, subprotocol } = answer;
  if (subprotocol === undefined || subprotocol === null) return { subprotocol: null, data };
  if (typeof subprotocol !== 'string' || !offers(head, subprotocol)) {
    throw wrong('subprotocol', subprotocol, 'one of those that the client offers');
  }
  return { subprotocol, data };
}

// A misspelt name must not admit anybody.
function checkNames(answer, known) {
  for (const name of each(Object.keys(answer))) {
    if (!arrayIncludes(known, name)) {
      throw new TypeError(
        subject() +
          " returned an object with '" +
          name +
          "' beside others; expected " +
          arrayJoin(known, ', ') +
          ' only'
      );
    }
  }
}

// Where the script has it: the error itself is thrown here.
function subject() {
  const place = require('core/stack').place(hookThatAnswered.lineNumber);
  return place === null ? 'verifyClient' : 'verifyClient (' + place + ')';
}

function meaningless(shown) {
  return new TypeError(
    subject() +
      ' returned ' +
      shown +
      '; expected true, false, {status, reason, headers}, {data, subprotocol}, ' +
      'or a promise of one of these'
  );
}

function wrong(name, value, expected) {
  return new TypeError(
    subject() + ' returned ' + name + ' ' + show(value) + '; expected ' + expected
  );
}

function show(value) {
  return require('node/internal/inspect').inspect(value, { depth: 1, breakLength: Infinity });
}
