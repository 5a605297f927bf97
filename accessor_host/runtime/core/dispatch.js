'use strict';

// Events in, operations out. Python calls `enter` once for each event; what JavaScript wants done
// is collected and taken when the turn ends, because an engine under a time limit may refuse
// calls into Python.

const {
  arrayJoin,
  arrayPush,
  arrayShift,
  each,
  functionLine,
  regExpTest,
  stringIndexOf,
  stringIsWellFormed
} = primordials;

const { hasTrace, keepRoom, makeRoom, show, summarize } = require('core/error-texts');
const { microtasks } = require('core/microtasks');

const { now } = Date;
const { isSafeInteger } = Number;

const receivers = new Map();

// Operations leave as one text, a record for each; engine/records.py says what each looks like.
// JSON text has no control characters, so that these can stand between. Long text that is no JSON
// leaves apart from its record: to look through it for such characters would take longer than
// everything else that is done with it. And text that Python has already stays here.
const RECORD = '\x1e';
const UNIT = '\x1f';
const APART = '\x1d';
const RELAY = '\x1b';
const LONG = 128;

const OUT_OF_MEMORY =
  RECORD +
  host.toJson([
    'error',
    'Uncaught',
    'InternalError: out of memory',
    'InternalError: out of memory'
  ]);

const UNDESCRIBED = 'an error that cannot be described, as when the engine is out of memory';

// Values of a batch: for a message its target and the payload, for any other event null, target,
// type and three details.
const MESSAGE = 2;
const EVENT = 6;

let nextTarget = 1;
// Pieces of records: to join all at once takes less than to join those of each record first.
let operations = emptyList();
let texts = emptyList();
// The text that was sent last, if its record is one of the operations.
let lastText = null;
// What runs, in single variables: this is written for every event.
let runningReceiver;
let runningType;
let runningA;
let runningB;
// How many events of the batch have begun, and which one runs, if it is of the batch.
let begun = 0;
let running = -1;

// Without a prototype, so that assigning to its places is not heeded by setters of scripts.
function emptyList() {
  return Object.setPrototypeOf([], null);
}

/**
 * Collect one operation for Python.
 * @param {string} name what to do
 * @param {...*} details values that have a JSON form
 */
exports.operation = function operation(name, ...details) {
  append(RECORD, host.recordToJson(name, details));
};

function append(head, text) {
  operations[operations.length] = head;
  operations[operations.length] = text;
}

// What can stand in a record unescaped; engine/records.py has the same.
const SOURCE_NAME = /^[A-Za-z][A-Za-z0-9._-]*$/;

let lastSourceName = null;

function checkSource(name, target) {
  // Most sources have the name of the one before: a module makes one for each connection.
  if (name !== lastSourceName) {
    if (typeof name !== 'string' || !regExpTest(SOURCE_NAME, name)) {
      throw new TypeError(
        host.toJson(name) +
          ' cannot name a source; expected a letter, then letters, digits, ' +
          "'.', '_' and '-'"
      );
    }
    lastSourceName = name;
  }
  if (!isSafeInteger(target)) {
    throw new TypeError(
      host.toJson(target) + " is no target of '" + name + "'; expected an integer"
    );
  }
}

/**
 * Who sends payloads. What each send needs is made once: joining its parts costs more than sending.
 */
exports.Source = class Source {
  /**
   * @param {string} name what to do
   * @param {number} target who sends
   * @throws {TypeError} if they cannot stand in a record
   */
  constructor(name, target) {
    checkSource(name, target);
    this.operation = name;
    this.target = target;
    this.address = name + ' ' + target;
    this.again = RECORD + this.address;
    this.beforeText = this.again + UNIT;
  }
};

/**
 * Collect the operation of sending a payload; text is spared another encoding.
 * @param {Source} source who sends
 * @param {string|Array} payload what a codec made
 * @param {boolean} isJson whether the payload is JSON text
 */
exports.send = function send(source, payload, isJson) {
  if (payload === lastText) {
    operations[operations.length] = source.again;
  } else if (payload.length > LONG && running >= 0 && payload === runningA) {
    append(RECORD + RELAY + running + ' ', source.address);
    lastText = payload;
  } else if (isJson) {
    append(source.beforeText, payload);
    lastText = payload;
  } else if (typeof payload === 'string' && stringIsWellFormed(payload)) {
    sendText(source, payload);
  } else {
    sendEncoded(source, payload);
  }
};

function sendText(source, text) {
  if (text.length > LONG) {
    append(RECORD + APART + text.length + ' ', source.address);
    texts[texts.length] = text;
    lastText = text;
  } else if (stringIndexOf(text, '\0') === -1 && stringIndexOf(text, RECORD) === -1) {
    append(source.beforeText, text);
    lastText = text;
  } else {
    sendEncoded(source, text);
  }
}

// The engines end a text at a NUL and cannot hand a lone surrogate over; JSON escapes both.
function sendEncoded(source, payload) {
  lastText = null;
  exports.operation(source.operation, source.target, payload);
}

/**
 * Let an object get events, for as long as there is an engine. Scripts must not be able to reach it.
 * @param {{receive: Function, describe: Function}} receiver `receive(type, ...details)` gets them;
 *   `describe(type, ...details)` returns `[text, f]`: what is run for such an event, in words, and
 *   the script's function that is called, if one is
 * @returns {number} the target of its events
 */
exports.open = function open(receiver) {
  const target = nextTarget++;
  receivers.set(target, receiver);
  return target;
};

/**
 * Let an object get the events of a target that Python has chosen: a negative number.
 * @param {number} target
 * @param {object} receiver as for `open`
 */
exports.openAt = function openAt(target, receiver) {
  receivers.set(target, receiver);
};

/** End what `openAt` began. */
exports.close = function close(target) {
  receivers.delete(target);
};

/**
 * An object's connection with its Python half, as long as there is something to say.
 *
 * Both sides hold the object while it lasts. Python offers to end it with the number of questions
 * that it has answered; only when none is on its way is it over, and the object free to go.
 */
class Lease {
  constructor(kind, receiver) {
    this.kind = kind;
    this.receiver = receiver;
    this.target = 0;
    this.asked = 0;
  }

  /** Return the target for one more operation, and let the object get events from now on. */
  ask() {
    if (this.target === 0) this.target = exports.open(this.receiver);
    this.asked++;
    return this.target;
  }

  /** Take Python's offer to end the lease. */
  offer(answered) {
    if (answered !== this.asked) return;
    receivers.delete(this.target);
    exports.operation(this.kind + '.forget', this.target);
    this.target = 0;
    this.asked = 0;
  }
}

/**
 * Connect an object with its Python half, once it has something to ask.
 * @param {string} kind first word of the object's operations
 * @param {object} receiver as for `open`
 */
exports.lease = function lease(kind, receiver) {
  return new Lease(kind, receiver);
};

/** Let the runtime itself (target 0) get events. */
exports.openRuntime = function openRuntime(receiver) {
  receivers.set(0, receiver);
};

// What is to be done after the event that runs, if anything.
let followUp = null;
let describeFollowUp = null;

/**
 * Let a function run when the current event is over, and again until this is taken back with null.
 * @param {Function|null} work run in the same event, or in further ones if it leaves things over
 * @param {Function} [describe] says what of it runs, as `describe` of a receiver does
 */
exports.follow = function follow(work, describe = null) {
  followUp = work;
  describeFollowUp = describe;
};

function doFollowUp() {
  try {
    followUp();
  } catch (error) {
    exports.report(error);
  }
}

// Events whose turn has come, while what an earlier one left over goes first. That may be stopped
// in the middle; they are not lost then.
const held = [];

/**
 * Run a batch of events, each to its end, until there may be microtasks or the time is over.
 * @param {number} budget milliseconds after which no event is begun
 * @param {Array} values MESSAGE or EVENT of them for each event
 * @returns {boolean} whether all were run, and have left no microtasks
 */
exports.enterAll = function enterAll(budget, values) {
  const { length } = values;
  const end = now() + budget;
  begun = 0;
  for (let at = 0; at < length;) {
    running = begun++;
    if (values[at] === null) {
      enter(values[at + 1], values[at + 2], values[at + 3], values[at + 4], values[at + 5]);
      at += EVENT;
    } else {
      enter(values[at], 'message', values[at + 1], null, null);
      at += MESSAGE;
    }
    if (microtasks.expected) return false;
    if (now() >= end) return at === length;
  }
  return true;
};

/** Return how many events of the last batch have begun, one that was stopped among them. */
exports.countBegun = () => begun;

// An error is reported for this event and goes no further.
function enter(target, type, a, b, c) {
  if (followUp === null && held.length === 0) {
    // As in `run`, written out: a call for each event would be noticed.
    const receiver = receivers.get(target);
    if (receiver === undefined) return;
    runningReceiver = receiver;
    runningType = type;
    runningA = a;
    runningB = b;
    try {
      receiver.receive(type, a, b, c);
    } catch (error) {
      exports.report(error);
    }
  } else {
    running = -1;
    // What was stopped gives way: the next time may be no better.
    const isFirst = held.length === 0;
    arrayPush(held, [target, type, a, b, c]);
    if (isFirst && followUp !== null) doFollowUp();
    while (held.length > 0) {
      const [heldTarget, heldType, heldA, heldB, heldC] = each(arrayShift(held));
      run(heldTarget, heldType, heldA, heldB, heldC);
    }
  }
  // With microtasks it has to wait: they come first.
  if (followUp !== null && !microtasks.expected) doFollowUp();
}

function run(target, type, a, b, c) {
  const receiver = receivers.get(target);
  if (receiver === undefined) return;
  note(receiver, type, a, b);
  try {
    receiver.receive(type, a, b, c);
  } catch (error) {
    exports.report(error);
  }
}

function note(receiver, type, a, b) {
  runningReceiver = receiver;
  runningType = type;
  runningA = a;
  runningB = b;
}

/** Run one event, and tell Python first what will run: for events that nothing can interrupt. */
exports.enterWatched = function enterWatched(target, type, a, b, c) {
  const receiver = receivers.get(target);
  if (receiver === undefined) return;
  running = -1;
  note(receiver, type, a, b);
  host.ask('running', exports.describeRunning());
  enter(target, type, a, b, c);
};

/** Say which callback the last event ran, with the place of its function. */
exports.describeRunning = function describeRunning() {
  try {
    const following = describeFollowUp === null ? null : describeFollowUp();
    const said = following || runningReceiver.describe(runningType, runningA, runningB);
    // Joined, not added: the binding of one engine takes no text that is still in parts.
    return arrayJoin([said[0], placeOf(said[1])], '');
  } catch {
    return 'a callback';
  }
};

function placeOf(called) {
  if (typeof called !== 'function') return '';
  const place = host.requireBuiltin('core/stack').place(functionLine(called));
  return place === null ? '' : ', ' + String(called.name || 'a function') + ' (' + place + ')';
}

// What is to be said when the event that runs is stopped in the middle, if anything.
let tellStopped = null;

/** Let a function run if the current event is stopped in the middle; null takes it back. */
exports.whenStopped = function whenStopped(tell) {
  tellStopped = tell;
};

// What is to be forgotten once operations are taken, if anything.
let letGo = null;

/** Let a function run whenever operations are taken. */
exports.whenTaken = function whenTaken(work) {
  letGo = work;
};

/** Take the collected operations as records, or null when there are none. */
exports.takeOperations = function takeOperations() {
  // What microtasks send from here on may be taken with another batch.
  running = -1;
  if (letGo !== null) letGo();
  if (tellStopped !== null) {
    const tell = tellStopped;
    tellStopped = null;
    tell();
  }
  if (undescribed > 0) {
    exports.operation('error.skip', undescribed);
    undescribed = 0;
  }
  // There is more to do than one event had time for: another one is needed.
  if (followUp !== null || held.length > 0) exports.operation('continue');
  if (operations.length === 0) return null;
  const taken = operations;
  operations = emptyList();
  lastText = null;
  try {
    return arrayJoin(taken, '');
  } catch {
    // Only a full heap leads here. What was asked for is lost; that it is lost is said.
    texts = emptyList();
    return OUT_OF_MEMORY;
  }
};

/** What is collected and not taken yet, who gets events, and which event runs with what. */
exports.inspect = () => ({ operations, receivers, running, runningA });

/** Take the texts that leave apart from the operations taken last, in their order. */
exports.takeTexts = function takeTexts() {
  keepRoom();
  const taken = texts;
  if (taken.length > 0) texts = emptyList();
  return taken;
};

/**
 * Report an uncaught error of a script.
 * @param {*} error whatever was thrown
 * @param {string} [kind] what to say before it, for example "Unhandled rejection"
 */
exports.report = function report(error, kind = 'Uncaught') {
  if (isOneOfMany()) {
    undescribed++;
    return;
  }
  try {
    const [line, text] = each(exports.tell(error));
    // On a full heap, texts can come out empty.
    exports.operation('error', kind, line || UNDESCRIBED, text || UNDESCRIBED + inRunning());
  } catch {
    // What an engine throws on a full heap is not always whole, and a Proxy does what it likes. The
    // error may be a script's own, and the heap so full that it cannot be shown.
    makeRoom(null);
    exports.operation('error', kind, UNDESCRIBED, UNDESCRIBED + inRunning());
  }
};

// Errors that are described in a period of milliseconds; core/output.py prints no more. To describe
// one takes longer than most callbacks.
const MAX_REPORTS = 100;
const REPORT_PERIOD = 1000;

let periodBegan = 0;
let described = 0;
let undescribed = 0;

function isOneOfMany() {
  const time = now();
  // The clock may have been set back.
  if (time >= periodBegan + REPORT_PERIOD || time < periodBegan) {
    periodBegan = time;
    described = 0;
  }
  if (described >= MAX_REPORTS) return true;
  described++;
  return false;
}

/** Return an error as `[message, text]`: in a line, and with its stack. */
exports.tell = function tell(error) {
  makeRoom(error);
  const text = show(error);
  return [summarize(error), hasTrace(error) ? text : text + inRunning()];
};

const inRunning = () => '\n    in ' + exports.describeRunning();

/** Print one line of warning. */
exports.warn = function warn(text) {
  exports.operation('warn', text);
};
