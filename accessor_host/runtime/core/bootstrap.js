// The first script of every engine: builds the runtime and hands the engine its one way in.
//
// The engine calls the function below once, with what ships with the host (accessor_host/core/bundle.py)
// and a function that reaches Python (name, JSON text) -> JSON text. Scripts never see what it gets
// back.
(function (bundleText, callPython) {
  'use strict';

  const [head, ...sources] = bundleText.split('\x1e');
  const bundle = JSON.parse(head);
  bundle.runtime = Object.fromEntries(bundle.runtime.map((name) => [name, sources.shift()]));
  const evaluate = globalThis.eval;

  // One script after another is compiled as if all were one long file: each starts at a line of
  // its own, so that a bare line number in a stack frame is enough to find the file.
  // The first lines are left to this file, which the engines number from 1 too.
  const scripts = [];
  let nextLine = 100;

  function compile(name, parameters, source) {
    const base = nextLine + 1;
    nextLine = base + countLines(source) + 1;
    scripts.push({ name, base });
    const head = '(function (' + parameters + ') {\n';
    return evaluate('\n'.repeat(base - 1) + head + source + '\n})');
  }

  // Global code: what it declares with `var` or `function` is a property of the global object.
  function evaluateGlobal(name, source) {
    const base = nextLine;
    nextLine = base + countLines(source);
    scripts.push({ name, base });
    return evaluate('\n'.repeat(base) + source);
  }

  function countLines(source) {
    let count = 1;
    for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) count++;
    return count;
  }

  // Built-ins are compiled when they are first required: a script pays for what it uses.
  const builtins = new Map();
  function requireBuiltin(name) {
    let module = builtins.get(name);
    if (module === undefined) {
      module = { exports: {} };
      builtins.set(name, module);
      const parameters = 'exports, require, module, host';
      const run = compile('accessor-host:' + name, parameters, bundle.runtime[name]);
      delete bundle.runtime[name];
      run.call(module.exports, module.exports, requireBuiltin, module, host);
    }
    return module.exports;
  }

  // What goes to Python must arrive whatever scripts did to the built-ins.
  const { stringify, parse } = JSON;
  function toJson(value) {
    const { toJSON } = Array.prototype;
    if (toJSON === undefined) return stringify(value);
    delete Array.prototype.toJSON;
    try {
      return stringify(value);
    } finally {
      Array.prototype.toJSON = toJSON;
    }
  }

  // An engine may refuse to call Python in the middle of an event: then there is no answer.
  const REFUSED = 'with a time limit set';
  // What dukpy makes of the signal of a time limit, before and in the middle of a function of
  // Python's.
  const INTERRUPTED = 'interrupted';
  const STOPPED = 'Stopped()';
  let refusals = 0;
  function ask(name, value) {
    const text = toJson(value);
    let answer;
    try {
      answer = callPython(name, text);
    } catch (error) {
      const message = error === null ? '' : String(error.message);
      if (message === INTERRUPTED || message.includes(STOPPED)) {
        throw new Error('stopped while it called Python, because it ran too long');
      }
      if (!message.includes(REFUSED)) throw error;
      refusals++;
      return undefined;
    }
    return parse(answer);
  }

  const host = {
    ask,
    bundle,
    compile,
    evaluateGlobal,
    fromJson: parse,
    refusals: () => refusals,
    requireBuiltin,
    // What checks the options of modules, by their names: JSON texts, as objects that are seldom
    // looked at cost dukpy time in every turn.
    schemas: new Map(),
    scripts,
    // As scripts know it, for what is theirs.
    stringify,
    toJson
  };

  requireBuiltin('core/stack').install();
  const dispatch = requireBuiltin('core/dispatch');
  Object.assign(host, {
    Source: dispatch.Source,
    operation: dispatch.operation,
    send: dispatch.send,
    open: dispatch.open,
    openAt: dispatch.openAt,
    close: dispatch.close,
    lease: dispatch.lease,
    report: dispatch.report,
    warn: dispatch.warn,
    receive: dispatch.receive,
    describe: dispatch.describe
  });
  requireBuiltin('core/globals').install();
  requireBuiltin('core/main').install();
  return {
    enterAll: dispatch.enterAll,
    countBegun: dispatch.countBegun,
    enterWatched: dispatch.enterWatched,
    describeRunning: dispatch.describeRunning,
    takeOperations: dispatch.takeOperations,
    takeTexts: dispatch.takeTexts,
    toJson,
    microtasks: requireBuiltin('core/microtasks').microtasks,
    rejections: requireBuiltin('core/rejections')
  };
})
