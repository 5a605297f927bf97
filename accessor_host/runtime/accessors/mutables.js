'use strict';

// Mutable accessors: a stand-in whose ports another accessor, chosen at run time, makes real.

const { arrayEvery, arrayFilter, arrayFind, arrayPush, each, stringSlice } = primordials;

const { tell } = require('core/dispatch');
const { Steps } = require('accessors/failures');
const { isExhaustion } = require('accessors/inspection');
const { has, isAccessor } = require('accessors/ports');
const registry = require('accessors/registry');

// Characters that are shown of a class or of source text that fails, and of why it is no class.
const SHOWN = 80;
const SHOWN_REASON = 300;

// Accessors that `reify` made itself, from a class or from code: nobody else can hold them.
const made = new WeakSet();

function differs(one, other) {
  return Boolean(one.type && other.type && one.type !== other.type);
}

/**
 * Tell whether an accessor can stand for a mutable one.
 * @param {object} mutable
 * @param {object} accessor each of its inputs, and each of the mutable's outputs, has its like
 * @returns {boolean}
 */
exports.isReifiableBy = function isReifiableBy(mutable, accessor) {
  const covers = (names, ports, others) =>
    arrayEvery(names, (name) => has(others, name) && !differs(ports[name], others[name]));
  return (
    covers(accessor.inputList, accessor.inputs, mutable.inputs) &&
    covers(mutable.outputList, mutable.outputs, accessor.outputs)
  );
};

// The text is a class where there is one of that name, else source text.
function toAccessor(root, description) {
  if (isAccessor(description)) return { accessor: description };
  const name = root.accessorName + '.tempAccessorName';
  const shown = "'" + stringSlice(description, 0, SHOWN) + "'";
  const noClass = attempt(() => root.getAccessorCode(description));
  const attempted = attempt(() =>
    noClass.error === undefined
      ? root.instantiate(name, description, true)
      : root.instantiateFromCode(name, description, true)
  );
  if (attempted.error === undefined) {
    made.add(attempted.value);
    return { accessor: attempted.value };
  }
  const failure = tell(attempted.error)[1];
  if (noClass.error === undefined) return { reason: shown + ' fails: ' + failure };
  const missing = stringSlice(tell(noClass.error)[0], 0, SHOWN_REASON);
  return { reason: shown + ' is no class (' + missing + '), and fails as code: ' + failure };
}

function attempt(step) {
  try {
    return { value: step() };
  } catch (error) {
    if (isExhaustion(error)) throw error;
    return { error: error === undefined ? new Error('undefined') : error };
  }
}

// An accessor, a class, source text, or a map of one of these and what to set.
function interpret(description) {
  if (typeof description === 'string' || isAccessor(description)) {
    return { what: description, parameterMap: {}, inputMap: {} };
  }
  const { accessor, parameterMap, inputMap } = description;
  if (!accessor || !parameterMap || !inputMap) return null;
  const isKnown = typeof accessor === 'string' || isAccessor(accessor);
  return isKnown ? { what: accessor, parameterMap, inputMap } : null;
}

function attach(root, accessor) {
  accessor.container = root;
  arrayPush(root.containedAccessors, accessor);
  root.reifyingAccessor = accessor;
  for (const name of each(root.inputList)) {
    if (!has(accessor.inputs, name)) continue;
    if (differs(root.inputs[name], accessor.inputs[name])) continue;
    root.inputsMap[name] = name;
    root.connect(name, accessor, name);
  }
  for (const name of each(root.outputList)) {
    if (!has(accessor.outputs, name)) continue;
    root.outputsMap[name] = name;
    root.connect(accessor, name, name);
  }
}

function detach(root) {
  const accessor = root.reifyingAccessor;
  for (const name of each(Object.keys(root.inputsMap))) root.disconnect(name, accessor, name);
  for (const name of each(Object.keys(root.outputsMap))) root.disconnect(accessor, name, name);
  root.containedAccessors = arrayFilter(root.containedAccessors, (one) => one !== accessor);
  if (root.eventQueue) root.eventQueue = arrayFilter(root.eventQueue, (one) => one !== accessor);
  Object.assign(root, { inputsMap: {}, outputsMap: {}, reifyingAccessor: null });
  accessor.container = null;
  if (made.has(accessor)) registry.remove(accessor);
  else registry.add(accessor);
}

function refuse(root, reason) {
  root.error('reify(): ' + reason);
  return false;
}

exports.methods = {
  /** Say that another accessor may make this one real. */
  mutable(value) {
    if (!value) return;
    Object.assign(this.root, {
      isMutable: true,
      state: 'unreified',
      inputsMap: {},
      outputsMap: {},
      reifyingAccessor: null
    });
  },

  /**
   * Let an accessor do this one's work; it is not initialized yet.
   * @param {object|string} description an accessor, a class, source text, or
   *   `{accessor, parameterMap, inputMap}`; something falsy ends it
   * @returns {boolean} whether the accessor is in place
   */
  reify(description) {
    const { root } = this;
    if (!root.isMutable) return refuse(root, "accessor '" + root.accessorName + "' is not mutable");
    if (!description) {
      root.unreify();
      root.wrapup();
      if (root.ssuper) root.ssuper.initialize();
      registry.start(root);
      root.initialized = true;
      return false;
    }
    const wanted = interpret(description);
    if (wanted === null) {
      const shown = require('node/internal/inspect').inspect(description, { depth: 0 });
      return refuse(root, 'needs an accessor, a class, code or a map; got ' + shown);
    }
    const { accessor, reason } = toAccessor(root, wanted.what);
    if (reason !== undefined) return refuse(root, reason);
    root.unreify();
    const wrong = arrayFind(
      root.outputList,
      (name) => has(accessor.outputs, name) && differs(root.outputs[name], accessor.outputs[name])
    );
    if (wrong !== undefined) {
      if (made.has(accessor)) registry.remove(accessor);
      const types = root.outputs[wrong].type + ' here, ' + accessor.outputs[wrong].type + ' there';
      return refuse(root, "the types of output '" + wrong + "' differ: " + types);
    }
    attach(root, accessor);
    root.assignPriorities();
    const { parameterMap, inputMap } = wanted;
    for (const name of each(Object.keys(parameterMap)))
      accessor.setParameter(name, parameterMap[name]);
    for (const name of each(Object.keys(inputMap))) accessor.setDefault(name, inputMap[name]);
    root.state = 'reified';
    root.emit('reified');
    return true;
  },

  /** Take the accessor back that does this one's work; returns whether there was one. */
  unreify() {
    const { root } = this;
    const accessor = root.reifyingAccessor;
    if (!accessor) return false;
    const steps = new Steps("unreify() of accessor '" + root.accessorName + "'");
    steps.run(() => accessor.wrapup());
    detach(root);
    root.state = 'unreified';
    steps.run(() => root.emit('unreified'));
    steps.finish();
    return true;
  }
};
