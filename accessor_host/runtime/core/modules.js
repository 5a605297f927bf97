'use strict';

// `require`: built-ins, the modules that ship with the host, and the script's own files.

const PUBLIC_BUILTINS = ['buffer', 'console', 'events', 'querystring', 'timers', 'util'];

// What a script must contain to put work into the microtask queue. Only such scripts need their
// microtasks run between two events, which one engine (dukpy) can do only at a price.
const MICROTASKS = new RegExp(
  '\\b(?:async|await|Promise|then|queueMicrotask|promisify|import|eval|Function|fromAsync|' +
    'waitAsync|FinalizationRegistry)\\b'
);

// Comments and strings; and templates, which may have code in them, as what is to be kept.
const PROSE =
  /(`(?:\\.|[^`\\])*`)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\/.*|\/\*[^]*?\*\//g;

const shipped = host.bundle.modules;
const cache = Object.create(null);
const located = new Map();
/** Whether any loaded script can put work into the microtask queue: looked at for every event. */
const microtasks = { expected: false };
exports.microtasks = microtasks;

/** Expect microtasks from now on, whatever the scripts contain. */
exports.expectMicrotasks = function expectMicrotasks() {
  microtasks.expected = true;
};

/** Expect microtasks from now on if a script contains what can make them. */
exports.expectMicrotasksOf = function expectMicrotasksOf(source) {
  if (microtasks.expected || !MICROTASKS.test(source)) return;
  // Those words are common in prose; there they mean nothing.
  microtasks.expected = MICROTASKS.test(source.replace(PROSE, '$1'));
};

/**
 * Take files that Python found by looking at the scripts' `require` calls beforehand.
 * @param {Array} found entries `[directory, request, answer]`, answers as in `locate`
 */
exports.preload = function preload(found) {
  for (const [directory, request, answer] of found) located.set(directory + '\0' + request, answer);
};

/**
 * Run a script as the main module.
 * @param {{path: string, directory: string, source: string}} file the script
 * @returns {object} its module
 */
exports.runMain = function runMain(file) {
  return loadFile(file, null, null);
};

/**
 * Return `require` for a script that is no module, such as an accessor's.
 * @param {string} path its file, for messages
 * @param {string} directory where relative requests start
 */
exports.requireFrom = function requireFrom(path, directory) {
  const module = { id: path, filename: path, path: directory, children: [], parent: null };
  return createRequire(module, module);
};

function loadFile(file, parent, main) {
  const module = {
    id: parent === null ? '.' : file.path,
    filename: file.path,
    path: file.directory,
    exports: {},
    loaded: false,
    children: [],
    parent
  };
  cache[file.path] = module;
  if (parent !== null) parent.children.push(module);
  try {
    if (file.path.endsWith('.json')) {
      module.exports = parseJson(file);
    } else {
      const requireFrom = createRequire(module, main === null ? module : main);
      const source = file.source.startsWith('#!') ? '//' + file.source : file.source;
      exports.expectMicrotasksOf(source);
      const parameters = 'exports, require, module, __filename, __dirname';
      const run = host.compile(file.path, parameters, source);
      run.call(module.exports, module.exports, requireFrom, module, file.path, file.directory);
    }
    module.loaded = true;
  } catch (error) {
    delete cache[file.path];
    throw error;
  }
  return module;
}

function parseJson(file) {
  try {
    return host.fromJson(file.source);
  } catch (error) {
    throw new SyntaxError(`${file.path}: ${error.message}`);
  }
}

function createRequire(parent, main) {
  function require(request) {
    checkRequest(request);
    const builtin = builtinName(request);
    if (builtin !== null) return host.requireBuiltin(builtin);
    const name = shippedName(request);
    if (name !== null) return requireShipped(name);
    const file = locate(request, parent);
    const known = cache[file.path];
    // A module that is still loading is handed out as far as it is: that is how cycles end.
    return known === undefined ? loadFile(file, parent, main).exports : known.exports;
  }
  require.resolve = function resolve(request) {
    checkRequest(request);
    if (builtinName(request) !== null) return request;
    const name = shippedName(request);
    return name === null ? locate(request, parent).path : '@modules/' + name;
  };
  require.cache = cache;
  require.main = main;
  return require;
}

function checkRequest(request) {
  if (typeof request === 'string' && request !== '') return;
  const shown = host.requireBuiltin('node/util').inspect(request);
  const error = new TypeError(`require() needs the name of a module, a string; got ${shown}`);
  error.code = 'ERR_INVALID_ARG_TYPE';
  throw error;
}

function builtinName(request) {
  const name = request.startsWith('node:') ? request.slice(5) : request;
  return PUBLIC_BUILTINS.includes(name) ? 'node/' + name : null;
}

// The specification's scope and the one the existing hosts use; old scripts write camelCase.
function shippedName(request) {
  const match = /^@(?:accessors-)?modules\/(.+)$/.exec(request);
  if (match === null) return null;
  const name = match[1].replace(/[A-Z]/g, (letter) => '-' + letter.toLowerCase());
  return Object.prototype.hasOwnProperty.call(shipped, name) ? name : null;
}

const shippedModules = new Map();

function requireShipped(name) {
  let module = shippedModules.get(name);
  if (module === undefined) {
    module = { id: '@modules/' + name, exports: {} };
    shippedModules.set(name, module);
    const parameters = 'exports, require, module, host';
    const run = host.compile('@modules/' + name, parameters, shipped[name]);
    run.call(module.exports, module.exports, host.requireBuiltin, module, host);
  }
  return module.exports;
}

// An answer is `{path, directory, source}`, or `{missing: reason}`.
function locate(request, parent) {
  const key = parent.path + '\0' + request;
  let answer = located.get(key);
  if (answer === undefined) {
    answer = ask(request, parent);
    located.set(key, answer);
  }
  if (answer.missing !== undefined) throw notFound(request, parent, answer.missing);
  return answer;
}

function ask(request, parent) {
  const answer = host.ask('locate', [request, parent.path]);
  if (answer !== undefined) return answer;
  throw new Error(
    `Cannot load '${request}' here: a callback under a time limit can only require files whose ` +
      'names stand in the script as literal strings. Require it at the top level instead.'
  );
}

function notFound(request, parent, reason) {
  const available = [...PUBLIC_BUILTINS, ...Object.keys(shipped).map((name) => '@modules/' + name)];
  const chain = [];
  for (let at = parent; at !== null; at = at.parent) chain.push(`- ${at.filename}`);
  const error = new Error(
    `Cannot find module '${request}'${reason}\n` +
      `Required by:\n${chain.join('\n')}\n` +
      `This host has: ${available.join(', ')}`
  );
  error.code = 'MODULE_NOT_FOUND';
  Object.defineProperty(error, 'requireStack', { value: chain.map((line) => line.slice(2)) });
  return error;
}
