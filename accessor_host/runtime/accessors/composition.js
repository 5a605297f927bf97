'use strict';

// Composites: accessors inside accessors, and the connections between their ports.

const {
  arrayFilter,
  arrayFindIndex,
  arrayJoin,
  arrayMap,
  arrayPush,
  each,
  stringLastIndexOf,
  stringReplace,
  stringSlice
} = primordials;

const inspection = require('accessors/inspection');
const { has, isAccessor } = require('accessors/ports');
const priorities = require('accessors/priorities');

const CHILD_BINDINGS = [
  'currentTime',
  'error',
  'httpRequest',
  'readURL',
  'require',
  'setTimeout',
  'setInterval',
  'clearTimeout',
  'clearInterval'
];

/**
 * Make a name that none of some accessors has.
 * @param {string} seed a class or instance name; folders and a trailing `.js` are dropped
 * @param {Array} taken the accessors whose names are taken
 * @param {string} [prefix] what comes before the name
 */
exports.uniqueName = function uniqueName(seed, taken, prefix = '') {
  const start = Math.max(stringLastIndexOf(seed, '/'), stringLastIndexOf(seed, '\\')) + 1;
  const base = prefix + stringReplace(stringSlice(seed, start), /\.js$/, '');
  if (!isTaken(base, taken)) return base;
  const names = new Set(arrayMap(taken, (accessor) => accessor.accessorName));
  let number = 2;
  while (names.has(base + number)) number++;
  return base + number;
};

// Most names are not taken; a loop by index finds that out in a third of the time.
function isTaken(name, accessors) {
  for (let i = 0; i < accessors.length; i++) if (accessors[i].accessorName === name) return true;
  return false;
}

function contain(container, instanceName, standAlone, make) {
  if (typeof instanceName !== 'string' || instanceName === '') {
    const shown = require('node/internal/inspect').inspect(instanceName);
    throw new TypeError(
      "'" + container.accessorName + "' needs a name for its accessor; got " + shown
    );
  }
  const { root } = container;
  const prefix = root.accessorName + '.';
  const name = exports.uniqueName(instanceName, root.containedAccessors, prefix);
  const accessor = make(name, childBindings(root));
  accessor.container = standAlone ? null : root;
  if (!standAlone) arrayPush(root.containedAccessors, accessor);
  return accessor;
}

/**
 * Make an accessor inside another one.
 * @param {object} container what it becomes a part of
 * @param {string} instanceName its name in there
 * @param {object} file its script, as `library.find` returns it
 * @param {string} [accessorClass] the class, if it has a name
 */
exports.instantiateFile = function instantiateFile(container, instanceName, file, accessorClass) {
  const { root } = container;
  return contain(root, instanceName, false, (name, bindings) => {
    const place = { accessorClass, container: root };
    return new root.constructor(name, file, root.getAccessorCode, bindings, null, null, place);
  });
};

function childBindings(container) {
  const bindings = {};
  const given = container.bindings || {};
  for (const name of each(CHILD_BINDINGS)) if (name in given) bindings[name] = given[name];
  return bindings;
}

// What a connection leads to: at the source's end an entry of `destinations`, at the other end
// the port whose `source` it sets.
function resolve(composite, verb, source, sourcePort, target, targetPort) {
  const fail = (reason) => {
    throw new Error(verb + '(): ' + reason);
  };
  if (typeof source === 'string') {
    if (!has(composite.inputs, source)) fail(noSuch('input', composite, source));
    const from = composite.inputs[source];
    if (typeof sourcePort === 'string') {
      if (!has(composite.outputs, sourcePort)) fail(noSuch('output', composite, sourcePort));
      return { from, to: composite.outputs[sourcePort], destination: sourcePort, origin: source };
    }
    const to = inputOf(sourcePort, target, fail);
    return { from, to, destination: { accessor: sourcePort, inputName: target }, origin: source };
  }
  if (!isAccessor(source))
    fail('Source is no accessor: ' + require('node/internal/inspect').inspect(source));
  if (!has(source.outputs, sourcePort)) {
    fail('Source has no such output: ' + String(sourcePort) + portsOf('output', source));
  }
  const from = source.outputs[sourcePort];
  const origin = { accessor: source, outputName: sourcePort };
  if (typeof target === 'string') {
    if (!has(composite.outputs, target)) fail(noSuch('output', composite, target));
    return { from, to: composite.outputs[target], destination: target, origin };
  }
  const to = inputOf(target, targetPort, fail);
  return { from, to, destination: { accessor: target, inputName: targetPort }, origin };
}

function inputOf(accessor, name, fail) {
  if (!isAccessor(accessor))
    fail('Destination is no accessor: ' + require('node/internal/inspect').inspect(accessor));
  if (!has(accessor.inputs, name)) {
    fail('Destination has no such input: ' + String(name) + portsOf('input', accessor));
  }
  return accessor.inputs[name];
}

function noSuch(kind, accessor, name) {
  return 'No such ' + kind + ': ' + String(name) + portsOf(kind, accessor);
}

function portsOf(kind, accessor) {
  const names = arrayJoin(accessor[kind + 'List'], ', ') || 'none';
  return " (accessor '" + accessor.accessorName + "' has " + kind + 's: ' + names + ')';
}

function isSame(one, other) {
  if (typeof one === 'string' || typeof other === 'string') return one === other;
  return one.accessor === other.accessor && one.inputName === other.inputName;
}

/**
 * Connect two ports, as the method `connect` does.
 * @param {object|null} composite what contains the accessors; null for two at the top
 * @param {Array} ends the arguments of the method
 * @returns {object} both ports, and what each says of the other: `{from, to, destination, origin}`
 */
exports.connect = function connect(composite, ends) {
  const resolved = resolve(composite, 'connect', ...each(ends));
  const { from, to, destination, origin } = resolved;
  if (!from.destinations) from.destinations = [];
  arrayPush(from.destinations, destination);
  to.source = origin;
  return resolved;
};

/** Take one connection back, as the method `disconnect` does. */
exports.disconnect = function disconnect(composite, ends) {
  const { from, to, destination } = resolve(composite, 'disconnect', ...each(ends));
  const destinations = from.destinations || [];
  const at = arrayFindIndex(destinations, (one) => isSame(one, destination));
  // A new list: a value may be on its way through the old one.
  from.destinations = arrayFilter(destinations, (_, index) => index !== at);
  to.source = null;
};

exports.methods = {
  /**
   * Make an accessor of a class inside this one.
   * @param {string} instanceName its name in here
   * @param {string} className the class, as the library names it
   * @param {boolean} [standAlone] whether it stays outside
   */
  instantiate(instanceName, className, standAlone) {
    const { root } = this;
    return contain(this, instanceName, standAlone, (name, bindings) =>
      root.constructor.instantiate(name, className, root.getAccessorCode, bindings, {
        container: standAlone ? null : root
      })
    );
  },

  /** Make an accessor of source text inside this one; otherwise as `instantiate`. */
  instantiateFromCode(instanceName, code, standAlone) {
    const { root } = this;
    return contain(this, instanceName, standAlone, (name, bindings) =>
      root.constructor.fromCode(name, code, this, bindings, {
        container: standAlone ? null : root
      })
    );
  },

  /**
   * Connect two ports: `(accessor, output, accessor, input)`, `(own input, accessor, input)`,
   * `(accessor, output, own output)` or `(own input, own output)`.
   */
  connect(...ends) {
    const { root } = this;
    inspection.attempt(root, () => inspection.connected(root, exports.connect(root, ends)));
  },

  /** Take one connection back; the forms are those of `connect`. */
  disconnect(...ends) {
    exports.disconnect(this.root, ends);
  },

  /** Number the contained accessors in the order in which they react. */
  assignPriorities() {
    priorities.assign(this.root);
  }
};
