// Starts the runtime for engine/dukpy.py and runs its turns, many of them in one evaluation.
// dukpy defines `call_python` and `dukpy` anew on the global object at every evaluation; setters
// that do nothing keep both from scripts. Its own `process` carries the whole environment.
(function () {
  'use strict';
  const callPython = globalThis.call_python;
  const bundle = callPython('source');
  const bootstrap = (0, eval)(callPython('source'));
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (/^_?dukpy|^(?:process|console|require)$/.test(name)) delete globalThis[name];
  }
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

  // Hands over what came of a turn, and waits for the next one.
  function next(running) {
    const records = runtime.takeOperations();
    const texts = runtime.takeTexts();
    const details = [runtime.countBegun(), records, texts, runtime.microtasks.expected, running];
    try {
      return ask('turn', ...details);
    } catch {
      // An alarm that came while a script was calling Python is raised by the next call: this one.
      return ask('turn', ...details);
    }
  }

  // Python answers null unless it has just begun this: scripts can call it in vain.
  Object.defineProperty(globalThis, '__accessorHostTurns', {
    value() {
      let turn = ask('turn');
      while (turn) {
        // Budget and events; without events: a turn was stopped in the middle.
        const isWhole = Boolean(turn[1]);
        if (isWhole) runtime.enterAll(turn[0], turn[1]);
        // Not held while it waits.
        turn = null;
        turn = next(isWhole ? '' : runtime.describeRunning());
      }
    }
  });
})();
