// Starts the runtime for engine/dukpy/engine.py and runs its turns, many of them in one evaluation.
// dukpy defines `call_python` and `dukpy` anew on the global object at every evaluation; setters
// that do nothing keep both from scripts.
(function (container) {
  'use strict';
  const callPython = globalThis.call_python;
  const text = container.toString();
  const bundle = text.slice(text.indexOf('/*') + 2, -3).split('*\x1d/').join('*/');
  const bootstrap = (0, eval)(callPython('bootstrap'));
  for (const name of ['call_python', 'dukpy']) {
    delete globalThis[name];
    Object.defineProperty(globalThis, name, { get() {}, set() {}, configurable: false });
  }

  // dukpy puts arguments into an array and writes it as JSON, and heeds what scripts have made of
  // prototypes in both: setters of its places, and `toJSON`. That is put aside as long as it takes.
  const { apply, defineProperty, deleteProperty, getOwnPropertyDescriptor } = Reflect;
  const { getPrototypeOf, setPrototypeOf } = Reflect;
  const lists = Array.prototype;
  const objects = Object.prototype;
  // As many places as a call has arguments, and one more.
  const HEEDED = ['toJSON', '0', '1', '2', '3', '4', '5', '6'];

  function isPlain() {
    if (getPrototypeOf(lists) !== objects || 'toJSON' in lists) return false;
    return !(0 in lists || 1 in lists || 2 in lists || 3 in lists || 4 in lists || 5 in lists);
  }

  // Returns what undoes it.
  function putAside() {
    const parent = getPrototypeOf(lists);
    const taken = { __proto__: null, lists: takeFrom(lists), objects: takeFrom(objects) };
    if (!setPrototypeOf(lists, objects)) throw new Error(UNSAFE);
    return () => {
      putBack(lists, taken.lists);
      putBack(objects, taken.objects);
      setPrototypeOf(lists, parent);
    };
  }

  const UNSAFE = 'the prototype of arrays was changed so that the host cannot be reached any more';

  function takeFrom(owner) {
    const taken = { __proto__: null };
    for (let i = 0; i < HEEDED.length; i++) {
      const key = HEEDED[i];
      const descriptor = getOwnPropertyDescriptor(owner, key);
      if (descriptor === undefined) continue;
      if (!deleteProperty(owner, key)) throw new Error(UNSAFE);
      // What it does not say must not be found on a prototype.
      setPrototypeOf(descriptor, null);
      taken[key] = descriptor;
    }
    return taken;
  }

  function putBack(owner, taken) {
    for (const key in taken) defineProperty(owner, key, taken[key]);
  }

  const runtime = bootstrap(bundle, (name, text) => ask('call', name, text));

  function ask(...details) {
    const undo = isPlain() ? null : putAside();
    try {
      return apply(callPython, undefined, details);
    } finally {
      if (undo !== null) undo();
    }
  }

  // What the runtime has given up and Python does not have yet: a signal may end the evaluation in
  // between, and the next one hands it over.
  let isTaken = false;
  let records = null;
  let texts = null;

  // Hands over what came of a turn, and waits for the next one.
  function next(running) {
    if (!isTaken) {
      records = runtime.takeOperations();
      isTaken = true;
    }
    if (texts === null) texts = runtime.takeTexts();
    const turn = handOver(runtime.countBegun(), runtime.microtasks.expected, running);
    isTaken = false;
    records = texts = null;
    return turn;
  }

  function handOver(begun, expected, running) {
    try {
      return ask('turn', begun, records, texts, expected, running);
    } catch {
      // A signal that came while a script was calling Python is raised by the next call: this one.
      return ask('turn', begun, records, texts, expected, running);
    }
  }

  // Python answers null unless it has just begun this: scripts can call it in vain.
  Object.defineProperty(globalThis, '__accessorHostTurns', {
    value() {
      let turn = ask('turn');
      while (turn) {
        // Values of events, and behind them the budget; null: a turn was stopped in the middle.
        const last = turn.length - 1;
        const budget = turn[last];
        turn.length = last;
        const isWhole = budget !== null;
        if (isWhole) runtime.enterAll(budget, turn);
        // Not held while it waits.
        turn = null;
        turn = next(isWhole ? '' : runtime.describeRunning());
      }
    }
  });
})(
  // Python puts the bundle into the comment: to write and read it as JSON takes as long as to
  // compile what is needed of it. It stands last: the lines up to 199 are this file's (bootstrap.js).
  function () {/*BUNDLE*/}
);
