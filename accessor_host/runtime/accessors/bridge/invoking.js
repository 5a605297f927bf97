'use strict';

// Accessors that are named on a command line (accessor_host/programs/invoke.py). An error is reported
// where it happens, and the other accessors run on.

const {
  arrayEvery,
  arrayFilter,
  arrayFlatMap,
  arrayForEach,
  arrayJoin,
  arrayMap,
  arrayPop,
  arrayPush,
  arraySome,
  each,
  functionCall,
  stringLastIndexOf,
  stringSlice,
  stringStartsWith
} = primordials;

const EventEmitter = require('node/events');
const { report } = require('accessors/failures');
const { has } = require('accessors/ports');
const registry = require('accessors/registry');
const topLevel = require('accessors/top-level');

// The accessors by number; null for one that could not be made.
const invoked = [];
const failedNames = [];
const watched = new WeakSet();
const withoutSetup = new WeakSet();

/**
 * Make an accessor of a class.
 * @returns {number|null} its number, or null when there was an error
 */
exports.make = function make(className) {
  const name = topLevel.uniqueName(className);
  // It may be stopped in the middle.
  arrayPush(failedNames, name);
  try {
    const accessor = topLevel.instantiate(name, className);
    arrayPop(failedNames);
    warnOfMissingSetup(accessor);
    return arrayPush(invoked, accessor) - 1;
  } catch (error) {
    report(error, "accessor '" + name + "'");
    return null;
  }
};

function warnOfMissingSetup(accessor) {
  const { accessorName, exports, inputList, outputList } = accessor;
  if (typeof exports.setup === 'function' || inputList.length + outputList.length > 0) return;
  withoutSetup.add(accessor);
  host.warn(
    "accessor '" + accessorName + "' has no setup(), and so no ports; a plain script runs with --js"
  );
}

/**
 * Set parameters, or defaults of inputs, of the accessors or of accessors inside them.
 * @param {Array} settings entries `[path, text]`: the accessor's full name, a dot, the parameter;
 *   and its value as JSON, or else the text itself
 * @returns {string|null} what is wrong: no such accessor or parameter, or no value for it
 */
exports.configure = function configure(settings) {
  for (const setting of each(settings)) {
    const [path, text] = each(setting);
    try {
      setByPath(path, toValue(text));
    } catch (error) {
      return 'cannot set ' + path + ': ' + error.message;
    }
  }
  return null;
};

function toValue(text) {
  try {
    return host.fromJson(text);
  } catch {
    return text;
  }
}

function setByPath(path, value) {
  // What could not be made was reported, and has no parameters.
  if (arraySome(failedNames, (name) => stringStartsWith(path, name + '.'))) return;
  const end = stringLastIndexOf(path, '.');
  const owner = stringSlice(path, 0, end);
  const accessors = arrayFlatMap(invoked, withContained);
  const accessor = accessors.find((one) => one.accessorName === owner);
  if (accessor === undefined) {
    const names =
      arrayJoin(
        arrayMap(accessors, (one) => one.accessorName),
        ', '
      ) || 'none';
    throw new Error("there is no accessor '" + owner + "' (accessors: " + names + ')');
  }
  const name = stringSlice(path, end + 1);
  const isInput = has(accessor.inputs, name) && !has(accessor.parameters, name);
  if (isInput) accessor.setDefault(name, value);
  else accessor.setParameter(name, value);
}

function withContained(accessor) {
  return [accessor, ...each(arrayFlatMap(accessor.containedAccessors, withContained))];
}

/**
 * Initialize an accessor, or else wrap it up at once: a part of it may run already.
 * @returns {boolean} whether it is initialized now
 */
exports.initialize = function initialize(number) {
  const accessor = invoked[number];
  watch(accessor);
  try {
    accessor.initialize();
    return true;
  } catch (error) {
    report(error, "initialize() of accessor '" + accessor.accessorName + "'");
  }
  exports.wrapUp(number);
  return false;
};

function watch(accessor) {
  if (watched.has(accessor)) return;
  watched.add(accessor);
  const tell = () => {
    watched.delete(accessor);
    host.operation('accessor.ended');
  };
  functionCall(EventEmitter.prototype.once, accessor, 'wrapupEnd', tell);
}

/** Return how many of the accessors are not wrapped up yet. */
exports.countRunning = function countRunning() {
  const running = arrayFilter(invoked, registry.isStarted);
  // One that starts itself again after its wrapup has lost its listeners.
  arrayForEach(running, watch);
  return running.length;
};

/** Tell whether those that run are plain scripts rather than accessors, as a warning has said. */
exports.areAllWithoutSetup = () =>
  arrayEvery(arrayFilter(invoked, registry.isStarted), (accessor) => withoutSetup.has(accessor));

/** Tell whether any accessor runs, whoever started it. */
exports.isAnyRunning = () => arraySome(registry.topLevel(), registry.isStarted);

/** Wrap up one accessor; its errors are reported. */
exports.wrapUp = function wrapUp(number) {
  const accessor = invoked[number];
  try {
    accessor.wrapup();
  } catch (error) {
    report(error, "wrapup() of accessor '" + accessor.accessorName + "'");
  }
};

/** Print a line. */
exports.say = (line) => console.log(line);
