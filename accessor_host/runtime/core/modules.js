'use strict';

// `require`: built-ins, the host's modules, and the script's own files.

const {
  apply,
  arrayConcat,
  arrayIncludes,
  arrayJoin,
  arrayMap,
  arrayPush,
  each,
  regExpTest,
  stringEndsWith,
  stringSlice,
  stringStartsWith
} = primordials;

const { expectMicrotasksOf } = require('core/microtasks');

const PUBLIC_BUILTINS = ['buffer', 'console', 'events', 'querystring', 'timers', 'util'];

const PARAMETERS = 'exports, require, module, __filename, __dirname';

const SCRIPT_NAME = /\.(?:[cm]?js|json)$/;

const MODULE_SCOPE = /^@(?:modules|accessors(?:-modules)?)\//;

const cache = Object.create(null);
const located = new Map();
/**
 * Take files that Python found by looking at the scripts' `require` calls beforehand.
 * @param {Array} found entries `[directory, request, answer]`, answers as in `locate`
 */
exports.preload = function preload(found) {
  for (const entry of each(found)) {
    const [directory, request, answer] = each(entry);
    // What is not in it must not be found on a prototype: it has the text of a file.
    located.set(directory + '\0' + request, Object.setPrototypeOf(answer, null));
  }
};

/**
 * Run a script as the main module.
 * @param {{path: string, directory: string, source: string}} file the script
 * @returns {object} its module
 */
exports.runMain = function runMain(file) {
  return loadFile(file, null, null, file.path, ownFolder(file.directory));
};

/**
 * Return `require` for a script that is no module, such as an accessor's.
 * @param {string} path its file, for messages
 * @param {string} directory where relative requests start
 */
exports.requireFrom = function requireFrom(path, directory) {
  const module = { id: path, filename: path, path: directory, children: [], parent: null };
  return createRequire(module, module, directory, ownFolder(directory));
};

function ownFolder(directory) {
  return stringEndsWith(directory, '/') ? directory : directory + '/';
}

// An engine quotes what it finds where it expects something else. That helps whoever writes a
// script: files of that name below the folder of the main script. What other files contain, perhaps
// only by a mistaken name, is nobody's business.
function isOwn(file, folder) {
  return stringStartsWith(file.path, folder) && regExpTest(SCRIPT_NAME, file.path);
}

function loadFile(file, parent, main, request, folder) {
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
  if (parent !== null) arrayPush(parent.children, module);
  try {
    if (stringEndsWith(file.path, '.json')) {
      module.exports = parseJson(file, request, folder);
    } else {
      const requireFrom = createRequire(
        module,
        main === null ? module : main,
        file.directory,
        folder
      );
      const source = stringStartsWith(file.source, '#!') ? '//' + file.source : file.source;
      expectMicrotasksOf(source);
      const { exports } = module;
      const run = compile(file, source, parent === null || isOwn(file, folder), request);
      apply(run, exports, [exports, requireFrom, module, file.path, file.directory]);
    }
    module.loaded = true;
  } catch (error) {
    delete cache[file.path];
    throw error;
  }
  return module;
}

function compile(file, source, isOwnFile, request) {
  try {
    return host.compile(file.path, PARAMETERS, source);
  } catch (error) {
    if (isOwnFile) throw error;
    throw new SyntaxError("cannot load '" + request + "': it is no JavaScript");
  }
}

function parseJson(file, request, folder) {
  try {
    return host.fromJson(file.source);
  } catch (error) {
    if (isOwn(file, folder)) throw new SyntaxError(file.path + ': ' + error.message);
    throw new SyntaxError("cannot load '" + request + "': it is no JSON");
  }
}

// Modules are the scripts' own: what they write into one changes nothing here.
function createRequire(parent, main, directory, folder) {
  function require(request) {
    checkRequest(request);
    const builtin = builtinName(request);
    if (builtin !== null) return host.requireBuiltin(builtin);
    const file = locate(request, parent, directory);
    if (file.module !== undefined) return requireModule(file);
    const known = cache[file.path];
    // A module that is still loading is handed out as far as it is: that is how cycles end.
    return known === undefined
      ? loadFile(file, parent, main, request, folder).exports
      : known.exports;
  }
  require.resolve = function resolve(request) {
    checkRequest(request);
    if (builtinName(request) !== null) return request;
    const file = locate(request, parent, directory);
    return file.module === undefined ? file.path : '@modules/' + file.module;
  };
  require.cache = cache;
  require.main = main;
  return require;
}

function checkRequest(request) {
  if (typeof request === 'string' && request !== '') return;
  const shown = host.requireBuiltin('node/internal/inspect').inspect(request);
  const error = new TypeError('require() needs the name of a module, a string; got ' + shown);
  error.code = 'ERR_INVALID_ARG_TYPE';
  throw error;
}

function builtinName(request) {
  const name = stringStartsWith(request, 'node:') ? stringSlice(request, 5) : request;
  return arrayIncludes(PUBLIC_BUILTINS, name) ? 'node/' + name : null;
}

const hostModules = new Map();

function requireModule(found) {
  if (found.parts === undefined) return requirePart(found);
  let module = hostModules.get(found.module);
  if (module === undefined) {
    module = { id: '@modules/' + found.module, exports: {} };
    for (const part of each(found.parts))
      module.exports = { ...module.exports, ...requirePart(part) };
    hostModules.set(found.module, module);
  }
  return module.exports;
}

// Nothing is looked for in a part but what is always there: a script could put it on a prototype.
function requirePart({ module: name, source, options }) {
  let module = hostModules.get(name);
  if (module === undefined) {
    module = { id: '@modules/' + name, exports: {} };
    hostModules.set(name, module);
    if (options !== null) host.schemas[name] = options;
    host.runTrusted(module.id, source, module, requireForModule);
  }
  return module.exports;
}

/** `require` of the host's modules: the kit that is there for them, and the built-ins. */
function requireForModule(request) {
  const builtin = builtinName(request);
  if (builtin !== null) return host.requireBuiltin(builtin);
  if (stringStartsWith(request, 'kit/')) return host.requireBuiltin(request);
  throw new Error(
    "Cannot find '" + request + "': a module of the host can require 'kit/...' and built-ins"
  );
}

// An answer is a file, `{path, directory, source}`, a module, `{module, source, options}`, modules
// in one, `{module, parts}`, or `{missing: reason}`, with a `code` for a module that is known.
function locate(request, parent, directory) {
  const key = directory + '\0' + request;
  let answer = located.get(key);
  if (answer === undefined) {
    answer = ask(request, directory);
    located.set(key, answer);
  }
  if (answer.missing !== undefined) throw notFound(request, parent, answer);
  return answer;
}

function ask(request, directory) {
  const answer = host.ask('locate', [request, directory]);
  if (answer !== undefined) return answer;
  if (regExpTest(MODULE_SCOPE, request)) throw requiredTooLate();
  throw new Error(
    "Cannot load '" +
      request +
      "' here: a callback under a time limit can only require files whose " +
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

function notFound(request, parent, { missing: reason, denied, code }) {
  const modules = host.ask('modules', []) || [];
  const available = arrayConcat(
    PUBLIC_BUILTINS,
    arrayMap(modules, (name) => '@modules/' + name)
  );
  const chain = [];
  for (let at = parent; at !== null; at = at.parent) arrayPush(chain, '- ' + at.filename);
  const requiredBy = '\nRequired by:\n' + arrayJoin(chain, '\n');
  const error = new Error(
    code === undefined
      ? "Cannot find module '" +
        request +
        "'" +
        reason +
        requiredBy +
        '\nThis host has: ' +
        arrayJoin(available, ', ')
      : "Module '" + request + "' is not available: " + reason + requiredBy
  );
  error.code = code === undefined ? 'MODULE_NOT_FOUND' : code;
  if (denied !== undefined) {
    error.code = denied.code;
    error.permission = denied.permission;
    error.resource = denied.resource;
  }
  const requireStack = arrayMap(chain, (line) => stringSlice(line, 2));
  Object.defineProperty(error, 'requireStack', { __proto__: null, value: requireStack });
  return error;
}
