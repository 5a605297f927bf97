'use strict';

// `require`: built-ins, the host's modules, and the script's own files.

const { expectMicrotasksOf } = require('core/microtasks');

const PUBLIC_BUILTINS = ['buffer', 'console', 'events', 'querystring', 'timers', 'util'];

const MODULE_SCOPE = /^@(?:accessors-)?modules\//;

const cache = Object.create(null);
const located = new Map();
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
      expectMicrotasksOf(source);
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
    const file = locate(request, parent);
    if (file.module !== undefined) return requireModule(file);
    const known = cache[file.path];
    // A module that is still loading is handed out as far as it is: that is how cycles end.
    return known === undefined ? loadFile(file, parent, main).exports : known.exports;
  }
  require.resolve = function resolve(request) {
    checkRequest(request);
    if (builtinName(request) !== null) return request;
    const file = locate(request, parent);
    return file.module === undefined ? file.path : '@modules/' + file.module;
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

const hostModules = new Map();

function requireModule({ module: name, source, options }) {
  let module = hostModules.get(name);
  if (module === undefined) {
    module = { id: '@modules/' + name, exports: {} };
    hostModules.set(name, module);
    if (options !== null) host.schemas.set(name, options);
    const run = host.compile(module.id, 'exports, require, module, host', source);
    run.call(module.exports, module.exports, requireForModule, module, host);
  }
  return module.exports;
}

/** `require` of the host's modules: the kit that is there for them, and the built-ins. */
function requireForModule(request) {
  const builtin = builtinName(request);
  if (builtin !== null) return host.requireBuiltin(builtin);
  if (request.startsWith('kit/')) return host.requireBuiltin(request);
  throw new Error(`Cannot find '${request}': a module of the host can require 'kit/...' and built-ins`);
}

// An answer is a file, `{path, directory, source}`, a module, `{module, source, options}`, or
// `{missing: reason}`.
function locate(request, parent) {
  const key = parent.path + '\0' + request;
  let answer = located.get(key);
  if (answer === undefined) {
    answer = ask(request, parent);
    located.set(key, answer);
  }
  if (answer.missing !== undefined) throw notFound(request, parent, answer);
  return answer;
}

function ask(request, parent) {
  const answer = host.ask('locate', [request, parent.path]);
  if (answer !== undefined) return answer;
  if (MODULE_SCOPE.test(request)) throw requiredTooLate();
  throw new Error(
    `Cannot load '${request}' here: a callback under a time limit can only require files whose ` +
      'names stand in the script as literal strings. Require it at the top level instead.'
  );
}

exports.requiredTooLate = requiredTooLate;

/**
 * Make the error for a module whose Python half cannot be asked in this event, and see to it that it
 * can be asked from the next event on.
 */
function requiredTooLate() {
  host.operation('asking');
  const error = new Error(
    'this module cannot be used in the callback that first requires it by a computed name; ' +
      'require it at the top level instead'
  );
  error.code = 'ERR_REQUIRED_TOO_LATE';
  return error;
}

function notFound(request, parent, { missing: reason, denied }) {
  const modules = host.ask('modules', []) || [];
  const available = [...PUBLIC_BUILTINS, ...modules.map((name) => '@modules/' + name)];
  const chain = [];
  for (let at = parent; at !== null; at = at.parent) chain.push(`- ${at.filename}`);
  const error = new Error(
    `Cannot find module '${request}'${reason}\n` +
      `Required by:\n${chain.join('\n')}\n` +
      `This host has: ${available.join(', ')}`
  );
  error.code = 'MODULE_NOT_FOUND';
  if (denied !== undefined) {
    error.code = denied.code;
    error.permission = denied.permission;
    error.resource = denied.resource;
  }
  Object.defineProperty(error, 'requireStack', { value: chain.map((line) => line.slice(2)) });
  return error;
}
