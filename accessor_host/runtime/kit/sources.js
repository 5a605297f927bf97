'use strict';

// Which sources of a module there are, and how much waits for them.
//
// Python knows what waits in the host, and is asked. What was sent in the running event, or earlier
// in the same turn, is still on its way to Python. So, from when a source is asked about, both sides
// count what it sends: what only this side has counted is on its way. Text counts by its characters
// as long as it is.

const {
  arrayFilter,
  arrayFind,
  arrayMap,
  each,
  stringEndsWith,
  stringIndexOf,
  stringSlice,
  stringStartsWith
} = primordials;

const { inspect } = require('core/dispatch');

const { send } = host;

// As core/dispatch.js writes records.
const RECORD = '\x1e';
const UNIT = '\x1f';
const APART = '\x1d';
const RELAY = '\x1b';

const measured = new Map();
let isAsking = false;

/** List the receivers of events that are of a class, in the order in which they came to be. */
exports.receiversOf = function receiversOf(Class) {
  return arrayFilter(inspect().receivers.values(), (receiver) => receiver instanceof Class);
};

/** Send, and count what is sent if the source is measured; as `host.send` otherwise. */
exports.sendMeasured = function sendMeasured(source, payload, isJson) {
  send(source, payload, isJson);
  const measure = measured.get(source.target);
  if (measure !== undefined) measure.sent += weigh(payload);
};

/**
 * Return how many bytes wait for the peer of a source.
 * @param {string} kind first word of the module's operations and questions
 * @param {Source} source who sends
 * @param {Array} toAll beginning of the operation that sends to it and others
 */
exports.unsentBytes = function unsentBytes(kind, source, toAll) {
  const { target } = source;
  // It has come to its end.
  if (!inspect().receivers.has(target)) return 0;
  let measure = measured.get(target);
  if (measure === undefined) {
    measure = { sent: 0, before: weighCollected(source, toAll) };
    measured.set(target, measure);
    host.operation(kind + '.measure', target);
  }
  if (!isAsking) host.operation('asking');
  isAsking = true;
  const answer = host.ask(kind + '.unsent', [target]);
  if (answer === undefined || answer.value === undefined) {
    // This engine answers from the next event on.
    return measure.before + measure.sent;
  }
  const [waiting, taken] = each(answer.value);
  return waiting + measure.sent + (taken < 0 ? measure.before : -taken);
};

/** Let go of what is known of a source. */
exports.forget = function forget(source) {
  measured.delete(source.target);
};

// accessor_host/modules/payloads.py weighs the same.
function weigh(payload) {
  return typeof payload === 'string' ? payload.length : (payload[1].length * 3) / 4;
}

// What a source has sent and nobody has taken yet.
function weighCollected(source, toAll) {
  const { operations, running, runningA } = inspect();
  const toIt = [source.operation, source.target];
  const beginnings = arrayMap([toIt, toAll], (one) => stringSlice(host.toJson(one), 0, -1) + ',');
  let weight = 0;
  let last = 0;
  for (let i = 0; i < operations.length; i++) {
    const head = operations[i];
    if (head[0] !== RECORD) continue;
    const rest = operations[i + 1];
    if (head[1] === APART || head[1] === RELAY) {
      last = +stringSlice(head, 2, stringIndexOf(head, ' '));
      // It stayed in Python; what an earlier event carried is not known here any more.
      if (head[1] === RELAY) last = last === running ? runningA.length : 0;
      if (rest === source.address) weight += last;
    } else if (stringEndsWith(head, UNIT)) {
      last = rest.length;
      if (head === source.beforeText) weight += last;
    } else if (head === source.again) {
      weight += last;
    } else if (head === RECORD) {
      const beginning = arrayFind(beginnings, (one) => stringStartsWith(rest, one));
      if (beginning !== undefined) weight += rest.length - beginning.length;
    }
  }
  return weight;
}
