'use strict';

// A script as the body of a function: its file, and the names that it sees.

const {
  apply,
  arrayFilter,
  arrayJoin,
  arrayMap,
  arraySlice,
  each,
  errorStack,
  functionBind,
  regExpTest,
  stringSplit
} = primordials;

const { explain } = require('accessors/failures');
const library = require('accessors/library');
const inspection = require('accessors/inspection');
const registry = require('accessors/registry');
const resources = require('accessors/resources');
const running = require('accessors/running');
const temporal = require('accessors/time/temporal');
const { expectMicrotasksOf } = require('core/microtasks');
const { promisable } = require('node/internal/timers');

// The order is part of the contract.
const PARAMETERS = [
  'alert',
  'currentTime',
  'error',
  'exports',
  'getResource',
  'getTopLevelAccessors',
  'hostStackTrace',
  'httpRequest',
  'readURL',
  'require',
  'setInterval',
  'setTimeout',
  'clearInterval',
  'clearTimeout'
];

const ALSO_METHODS = [
  'alert',
  'currentTime',
  'error',
  'getResource',
  'getTopLevelAccessors',
  'hostStackTrace',
  'httpRequest',
  'readURL',
  'require'
];

const files = new WeakMap();

// Compiled once for all instances; each call of the function has variables of its own.
const compiled = new Map();

/** Classes and inline scripts whose compiled form is kept. */
const MAX_COMPILED = 1_000;

/** Return the file `{path, directory, source}` of an accessor's script. */
exports.fileOf = (accessor) => files.get(accessor);

/** Make a file of what an accessor was given as its code. */
exports.toFile = function toFile(name, code) {
  const file = typeof code === 'string' ? { source: code, path: name, directory: '.' } : code;
  if (!file || typeof file.source !== 'string' || file.source === '') {
    throw new Error("accessor '" + name + "' has no code");
  }
  return file;
};

/** Run the script of a new accessor. */
exports.run = function run(accessor, file) {
  files.set(accessor, file);
  const names = namesFor(accessor, file);
  for (const name of each(ALSO_METHODS)) accessor[name] = names[name];
  accessor.module = { id: 'unspecified' };
  const frame = { accessor, what: 'the script', callback: undefined };
  const depth = running.begin(frame);
  try {
    frame.callback = compile(file);
    apply(
      frame.callback,
      accessor,
      arrayMap(PARAMETERS, (name) => names[name])
    );
  } catch (error) {
    throw explain(error, "the script of accessor '" + accessor.accessorName + "'");
  } finally {
    running.end(depth);
  }
};

function compile(file) {
  // A class that is no text, such as one of Python's.
  if (file.body) return file.body;
  const key = file.path + '\0' + file.source;
  let body = compiled.get(key);
  if (body === undefined) {
    expectMicrotasksOf(file.source);
    body = host.compile(file.path, arrayJoin(PARAMETERS, ', '), file.source);
    if (compiled.size >= MAX_COMPILED) compiled.delete(compiled.keys()[0]);
    compiled.set(key, body);
  }
  return body;
}

function namesFor(accessor, file) {
  const bound = (method) => functionBind(accessor[method], accessor);
  const derived = accessor.extendedBy || accessor.implementedBy;
  const given = (name, byDefault) => {
    const { bindings } = accessor;
    if (bindings && bindings[name] !== undefined) return bindings[name];
    const value = globalThis[name];
    // The host's own global knows nothing of this script's folder; and it may be no function, as
    // scripts make globals by mistake.
    const isOverride = typeof value === 'function' && value !== resources.globalGetResource;
    return isOverride ? value : byDefault();
  };
  return {
    alert: given(
      'alert',
      () =>
        (...args) =>
          console.log(...each(args))
    ),
    currentTime: given('currentTime', () => temporal.currentTime),
    error: given('error', () => (message) => printError(accessor, message)),
    exports: accessor.exports,
    getResource: given('getResource', () => resources.getResourceFor(accessor, file.directory)),
    getTopLevelAccessors: derived
      ? derived.root.getTopLevelAccessors
      : registry.topLevelFor(accessor),
    hostStackTrace: given('hostStackTrace', () => (exception) => exception.stack),
    httpRequest: given('httpRequest', () => resources.httpRequest),
    readURL: given('readURL', () => resources.readURL),
    require:
      (accessor.bindings && accessor.bindings.require) ||
      inspection.forgiving(accessor, library.requireFrom(file)),
    setInterval: bound('setIntervalDeterministic'),
    setTimeout: promisable(bound('setTimeoutDeterministic')),
    clearInterval: bound('clearIntervalDeterministic'),
    clearTimeout: bound('clearTimeoutDeterministic')
  };
}

// For what is wrong and yet no failure: the exit code does not know of it.
function printError(accessor, message) {
  const shown =
    typeof message === 'string' ? message : require('node/internal/inspect').inspect(message);
  const trace = arrayFilter(stringSplit(String(errorStack(new Error())), '\n'), (line) =>
    regExpTest(/^\s+at /, line)
  );
  const lines = [
    "Error reported by accessor '" + accessor.accessorName + "': " + shown,
    '------ stack trace ------',
    ...each(arraySlice(trace, 1)),
    '------ end of stack trace ------'
  ];
  host.operation('print', 'stderr', arrayJoin(lines, '\n') + '\n');
}
