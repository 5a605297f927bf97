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
  const runtime = bootstrap(bundle, (name, text) => ask('call', name, text));

  // dukpy turns arguments into JSON itself, and would heed a toJSON that a script gave arrays.
  function ask(...details) {
    const { toJSON } = Array.prototype;
    if (toJSON === undefined) return callPython(...details);
    delete Array.prototype.toJSON;
    try {
      return callPython(...details);
    } finally {
      Array.prototype.toJSON = toJSON;
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
    const details = [runtime.countBegun(), records, texts, runtime.microtasks.expected, running];
    const turn = handOver(details);
    isTaken = false;
    records = texts = null;
    return turn;
  }

  function handOver(details) {
    try {
      return ask('turn', ...details);
    } catch {
      // A signal that came while a script was calling Python is raised by the next call: this one.
      return ask('turn', ...details);
    }
  }

  // Python answers null unless it has just begun this: scripts can call it in vain.
  Object.defineProperty(globalThis, '__accessorHostTurns', {
    value() {
      let turn = ask('turn');
      while (turn) {
        // Values of events, and behind them the budget; null: a turn was stopped in the middle.
        const budget = turn.pop();
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
  // compile what is needed of it. It stands last: the lines up to 99 are this file's (bootstrap.js).
  function () {/*BUNDLE*/}
);
