// The first script of every engine: builds the runtime and hands the engine its one way in.
//
// The engine calls the function below once, with what ships with the host (accessor_host/core/bundle.py)
// and a function that reaches Python (name, JSON text) -> JSON text. Scripts never see what it gets
// back.
(function (bundleText, callPython) {
  'use strict';

  const parts = bundleText.split('\x1e');
  const bundle = JSON.parse(parts[0]);
  // Without a prototype: scripts can add to that of others.
  const sources = Object.create(null);
  bundle.runtime.forEach((name, index) => {
    sources[name] = parts[index + 1];
  });
  bundle.runtime = sources;
  const evaluate = globalThis.eval;
  const language = {};
  evaluate('(function (exports) {\n' + sources['core/primordials'] + '\n})')(language);
  const { primordials } = language;
  const {
    apply,
    arrayJoin,
    arrayMap,
    arrayPush,
    isArray,
    isFinite,
    stringIncludes,
    stringIndexOf,
    stringRepeat
  } = primordials;
  const { create, keys, setPrototypeOf } = Object;

  // One script after another is compiled as if all were one long file: each starts at a line of
  // its own, so that a bare line number in a stack frame is enough to find the file.
  // The first lines are left to this file, which the engines number from 1 too.
  const scripts = [];
  let nextLine = 200;

  function compile(name, parameters, source) {
    const base = nextLine + 1;
    nextLine = base + countLines(source) + 1;
    arrayPush(scripts, { name, base });
    const head = '(function (' + parameters + ') {\n';
    return evaluate(stringRepeat('\n', base - 1) + head + source + '\n})');
  }

  // Global code: what it declares with `var` or `function` is a property of the global object.
  function evaluateGlobal(name, source) {
    const base = nextLine;
    nextLine = base + countLines(source);
    arrayPush(scripts, { name, base });
    return evaluate(stringRepeat('\n', base) + source);
  }

  function countLines(source) {
    let count = 1;
    let at = stringIndexOf(source, '\n');
    while (at !== -1) {
      count++;
      at = stringIndexOf(source, '\n', at + 1);
    }
    return count;
  }

  // Built-ins are compiled when they are first required: a script pays for what it uses.
  const builtins = create(null);
  function requireBuiltin(name) {
    let module = builtins[name];
    if (module === undefined) {
      module = { exports: {} };
      builtins[name] = module;
      try {
        runTrusted('accessor-host:' + name, sources[name], module, requireBuiltin);
      } catch (error) {
        // As on a full heap: the next who requires it must not get a half of it.
        delete builtins[name];
        throw error;
      }
      delete sources[name];
    }
    return module.exports;
  }

  // Files of the runtime and the host's modules; core/primordials.js says what `names` are for.
  const trusted = arrayJoin(
    ['exports', 'require', 'module', 'host', 'primordials', arrayJoin(language.names, ', ')],
    ', '
  );
  function runTrusted(name, source, module, require) {
    const values = [module.exports, require, module, host, primordials];
    for (let i = 0; i < language.values.length; i++) arrayPush(values, language.values[i]);
    apply(compile(name, trusted, source), module.exports, values);
  }

  // What our own code says to Python. The engine writes only its texts: of arrays and objects it
  // would heed `toJSON`, and even setters for the places of the array in which it notes them.
  const { stringify, parse } = JSON;
  function toJson(value) {
    switch (typeof value) {
      case 'string':
        return stringify(value);
      case 'number':
        return isFinite(value) ? '' + value : 'null';
      case 'boolean':
        return value ? 'true' : 'false';
      case 'object':
        if (value === null) return 'null';
        return isArray(value) ? listToJson(value, toJson) : objectToJson(value);
      default:
        return undefined;
    }
  }

  function objectToJson(value) {
    const names = keys(value);
    let members = '';
    for (let i = 0; i < names.length; i++) {
      const text = toJson(value[names[i]]);
      if (text === undefined) continue;
      members += (members === '' ? '' : ',') + stringify(names[i]) + ':' + text;
    }
    return '{' + members + '}';
  }

  function recordToJson(name, details) {
    let record = '["' + name + '"';
    for (let i = 0; i < details.length; i++) {
      const text = toJson(details[i]);
      record += text === undefined ? ',null' : ',' + text;
    }
    return record + ']';
  }

  // A list of what scripts say to it, unless told otherwise: as JSON.stringify would write it.
  function listToJson(values, write = stringify) {
    const texts = arrayMap(values, (value) => {
      const text = write(value);
      return text === undefined ? 'null' : text;
    });
    return '[' + arrayJoin(texts, ',') + ']';
  }

  // An engine may refuse to call Python in the middle of an event: then there is no answer.
  const REFUSED = 'with a time limit set';
  // What dukpy makes of the signal of a time limit, before and in the middle of a function of
  // Python's.
  const INTERRUPTED = 'interrupted';
  const STOPPED = 'Stopped()';
  let refusals = 0;
  function ask(name, value) {
    return askText(name, toJson(value));
  }

  function askText(name, text) {
    let answer;
    try {
      // Joined: the binding of one engine takes no text that was added up and is still in parts.
      answer = callPython(name, arrayJoin([text], ''));
    } catch (error) {
      const message = error === null ? '' : String(error.message);
      if (message === INTERRUPTED || stringIncludes(message, STOPPED)) {
        throw new Error('stopped while it called Python, because it ran too long');
      }
      if (!stringIncludes(message, REFUSED)) throw error;
      refusals++;
      return undefined;
    }
    const value = parse(answer);
    // What is not in an answer must not be found on a prototype.
    return isArray(value) || typeof value !== 'object' || value === null
      ? value
      : setPrototypeOf(value, null);
  }

  const host = {
    ask,
    askText,
    bundle,
    compile,
    evaluateGlobal,
    fromJson: parse,
    listToJson,
    recordToJson,
    refusals: () => refusals,
    requireBuiltin,
    runTrusted,
    // What checks the options of modules, by their names: JSON texts, as objects that are seldom
    // looked at cost dukpy time in every turn.
    schemas: create(null),
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
    warn: dispatch.warn
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
});
