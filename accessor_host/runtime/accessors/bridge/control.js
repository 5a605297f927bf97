'use strict';

// What Python can ask of accessors (accessor_host/accessors/directory.py). Accessors are known there by
// number; arguments and results have a JSON form.

const { arrayIncludes, arrayJoin, arrayMap, each, functionCall, stringReplace } = primordials;

const { check } = require('accessors/checks');
const composition = require('accessors/composition');
const { toText } = require('accessors/bridge/crossing');
const { report } = require('accessors/failures');
const globals = require('accessors/globals');
const inspection = require('accessors/inspection');
const { describe, scriptsOf } = require('accessors/interface');
const library = require('accessors/library');
const { fullName, has } = require('accessors/ports');
const python = require('accessors/bridge/python');
const shell = require('accessors/bridge/shell');
const registry = require('accessors/registry');
const { requestReaction } = require('accessors/scheduling');
const stopping = require('accessors/stopping');
const temporal = require('accessors/time/temporal');
const topLevel = require('accessors/top-level');

globals.install();

const accessors = new Map();
const numbers = new WeakMap();
let nextNumber = 1;

function numberOf(accessor) {
  let number = numbers.get(accessor);
  if (number === undefined) {
    number = nextNumber++;
    numbers.set(accessor, number);
    accessors.set(number, accessor);
  }
  return number;
}

function find(number) {
  const accessor = accessors.get(number);
  if (accessor === undefined) throw new Error('the accessor is no longer there');
  return accessor;
}

function introduce(accessor) {
  return { id: numberOf(accessor), interface: describe(accessor) };
}

/** Make an accessor of a class, at the top or in a container; without a name, of its class's. */
exports.instantiate = function instantiate(name, className, container) {
  if (container === null) {
    return introduce(topLevel.instantiate(name || topLevel.uniqueName(className), className));
  }
  const composite = find(container);
  return join(composite, composite.instantiate(name || className, className));
};

/** Make an accessor of a file's text, at the top or in a container. */
exports.instantiateFromFile = function instantiateFromFile(name, file, container = null) {
  return make(name || topLevel.uniqueName(file.path), file, container);
};

/** Make a composite that has nothing in it yet, at the top or in a container. */
exports.composite = function composite(name, file, container) {
  return make(name, { ...file, source: '// a composite of Python', body: bePlain }, container);
};

function bePlain() {
  this.exports.setup = () => {};
}

/** Take a class of Python's, under a name for scripts if it has one; see python.js. */
exports.define = function define(definition, className) {
  const file = python.define(definition);
  if (className !== null) library.define(className, file);
};

/** Make an accessor of a class of Python's, at the top or in a container. */
exports.instantiatePython = function instantiatePython(name, number, container) {
  const { file, accessorClass } = python.classOf(number);
  const shortName = stringReplace(accessorClass, /^.*\./, '');
  return make(name || topLevel.uniqueName(shortName), file, container, accessorClass);
};

function make(name, file, container, accessorClass) {
  if (container === null) return introduce(topLevel.instantiateFromFile(name, file, accessorClass));
  const composite = find(container);
  return join(composite, composition.instantiateFile(composite, name, file, accessorClass));
}

// What joins a composite in the middle of its run gets its place in the order there.
function join(composite, accessor) {
  if (composite.initialized) composite.assignPriorities();
  return introduce(accessor);
}

/** List the accessors that a composite contains. */
exports.contained = (number) => arrayMap(find(number).containedAccessors, introduce);

/** Define an input, output or parameter, or add to its options. */
exports.addPort = function addPort(number, kind, name, options) {
  if (!arrayIncludes(KINDS, kind)) throw new TypeError("there is no kind of port '" + kind + "'");
  find(number)[kind](name, options);
};

/** Describe an accessor as it is now. */
exports.describe = (number) => describe(find(number));

/**
 * Load a class, run its `setup` and nothing more: for a host in which nothing else runs.
 * @param {string} className
 * @returns {object} `{interface, scripts, problems, modules, missing, refused}`; see inspection.js
 */
exports.inspect = function inspect(className) {
  inspection.begin();
  // What a setup starts must not go on, not even once.
  temporal.close();
  const name = topLevel.uniqueName(className);
  const refusals = host.refusals();
  let shape = null;
  const sources = {};
  try {
    const accessor = topLevel.instantiate(name, className);
    check(accessor);
    shape = describe(accessor);
    collectScripts(accessor, sources);
  } catch (error) {
    inspection.note({ accessorName: name }, error);
  }
  const refused = host.refusals() > refusals;
  return { interface: shape, scripts: sources, ...inspection.end(), refused };
};

function collectScripts(accessor, sources) {
  sources[accessor.accessorName] = scriptsOf(accessor);
  for (const contained of each(accessor.containedAccessors)) collectScripts(contained, sources);
}

const KINDS = ['input', 'output', 'parameter'];

const METHODS = [
  'initialize',
  'wrapup',
  'react',
  'get',
  'getParameter',
  'setParameter',
  'setDefault',
  'latestOutput',
  'isInitialized',
  'startMonitoring',
  'getMonitoring',
  'stopMonitoring',
  'stop',
  'stopAt'
];

// Those that return a value of a port.
const READERS = ['get', 'getParameter', 'latestOutput'];

/** Call one of an accessor's own methods. */
exports.call = function call(number, method, args) {
  if (!arrayIncludes(METHODS, method))
    throw new TypeError(method + '() cannot be called from Python');
  const accessor = find(number);
  const result = accessor[method](...each(args));
  const what = "'" + args[0] + "' of accessor '" + accessor.accessorName + "'";
  if (arrayIncludes(READERS, method)) toText(result, what);
  return result;
};

/** Give an input a value and make the accessor react to it. */
exports.provideInput = function provideInput(number, name, value) {
  const accessor = find(number);
  accessor.provideInput(name, value);
  if (!accessor.container) requestReaction(accessor);
};

/**
 * Connect two ports: of accessors in the same container, or at the top; an input of a composite
 * with one inside, or an output inside with its own; or an input and an output of one composite.
 */
exports.connect = function connect(source, port, target, targetPort) {
  const [composite, ends] = each(route(find(source), port, find(target), targetPort));
  composition.connect(composite, ends);
  if (composite === null || !composite.initialized) return;
  try {
    composite.assignPriorities();
  } catch (error) {
    composition.disconnect(composite, ends);
    throw error;
  }
};

/** Take one such connection back. */
exports.disconnect = function disconnect(source, port, target, targetPort) {
  composition.disconnect(...each(route(find(source), port, find(target), targetPort)));
};

// The composite in which two ports meet, and the arguments of its `connect`.
function route(from, port, to, targetPort) {
  if (to.container === from) return [from, [port, to, targetPort]];
  if (from.container === to) return [to, [from, port, targetPort]];
  const passesThrough = from === to && has(from.inputs, port) && has(from.outputs, targetPort);
  if (passesThrough && !has(from.outputs, port)) return [from, [port, targetPort]];
  if (from.container === to.container) return [from.container, [from, port, to, targetPort]];
  throw new Error(
    fullName(from, port) + ' and ' + fullName(to, targetPort) + ' are not in the same container'
  );
}

const watched = new WeakMap();

/** Tell Python of an event from now on, with its arguments. */
exports.watch = function watch(number, event) {
  const accessor = find(number);
  let events = watched.get(accessor);
  if (events === undefined) {
    watched.set(accessor, (events = new Set()));
    overhear(accessor, events, number);
  }
  events.add(event);
};

/** Tell Python of an event no more. */
exports.unwatch = function unwatch(number, event) {
  const events = watched.get(find(number));
  if (events !== undefined) events.delete(event);
};

// Listeners vanish when an accessor is wrapped up; those of Python stay for its next run.
function overhear(accessor, events, number) {
  const { emit } = accessor;
  const value = function (event, ...details) {
    if (events.has(event)) tell(accessor, number, event, details);
    return functionCall(emit, this, event, ...each(details));
  };
  Object.defineProperty(accessor, 'emit', {
    __proto__: null,
    value,
    writable: true,
    configurable: true
  });
}

function tell(accessor, number, event, details) {
  const { accessorName } = accessor;
  const what =
    event === 'output'
      ? "output '" + details[0] + "' of accessor '" + accessorName + "'"
      : "event '" + event + "' of accessor '" + accessorName + "'";
  try {
    const texts = arrayMap(details, (detail) => toText(detail, what));
    host.operation('accessor.event', number, event, '[' + arrayJoin(texts, ',') + ']');
  } catch (error) {
    report(error, what);
  }
}

/** Accessors that may start while everything is wrapped up: a wrapup that starts one has no end. */
const MAX_LATE = 1_000;

// Accessors that are said to be wrapping up, and those that are through with it.
const announced = new WeakSet();
let through = new WeakSet();
// How many more are wrapped up, once the end has begun.
let left = null;

/**
 * Wrap up one accessor that was started, whatever it throws.
 * @param {boolean} [aloud] whether a line says so
 * @returns {boolean} whether there was one; one that was stopped in the middle goes on
 */
exports.wrapUpNext = function wrapUpNext(aloud = false) {
  if (left === null) left = registry.countStarted() + MAX_LATE;
  const accessor = left > 0 ? registry.firstStarted(through) : null;
  if (accessor === null) return false;
  const isNew = !announced.has(accessor);
  announced.add(accessor);
  // Not even a name can be relied on: a script may have put anything there.
  const name = String(accessor.accessorName);
  if (aloud && isNew) console.log('Wrapping up ' + name);
  try {
    accessor.wrapup();
  } catch (error) {
    report(error, "wrapup() of accessor '" + name + "'");
  } finally {
    // Whatever its script has made of `wrapup`, and though it may have started again in there.
    through.add(accessor);
    left--;
  }
  return true;
};

/** Let no timer begin while the host stops. */
exports.closeTimers = temporal.close;

/** Let timers begin again: the host goes on, and what starts from here on has an end of its own. */
exports.openTimers = function openTimers() {
  temporal.open();
  through = new WeakSet();
  left = null;
};

/** Wrap up every top-level accessor that was started. */
exports.stopAll = () => stopping.stopAll();

/** Take classes that Python found beforehand. */
exports.preload = (found) => library.preload(found);

/** Give the lines of a shell what they need, and evaluate one. */
exports.openShell = shell.open;
exports.evaluate = shell.evaluate;

// What the command line asks for.
Object.assign(exports, require('accessors/bridge/invoking'));
