'use strict';

// Inputs, outputs and parameters: their definition, and the values that they hold.

const { arrayJoin, arrayMap, arrayPush, hasOwn, isArray } = primordials;

const { convert } = require('accessors/conversion');
const inspection = require('accessors/inspection');

/** Tell whether an accessor has a port, of `inputs`, `outputs` or `parameters`. */
exports.has = hasOwn;

/** Tell whether a value is an accessor. */
exports.isAccessor = (value) =>
  typeof value === 'object' && value !== null && isArray(value.inputList);

/** Return the full name of a port, for messages. */
exports.fullName = (accessor, name) => accessor.root.accessorName + '.' + String(name);

/** Make the error for a port that is not there; it names those that are. */
exports.missing = function missing(accessor, kinds, name) {
  const known = arrayMap(kinds, (kind) => {
    const names = accessor[kind + 'List'];
    return kind + 's: ' + (names.length === 0 ? 'none' : arrayJoin(names, ', '));
  });
  const kind = arrayJoin(kinds, ' or ');
  const owner = accessor.root.accessorName;
  return new Error(
    "accessor '" +
      owner +
      "' has no " +
      kind +
      " '" +
      String(name) +
      "' (" +
      arrayJoin(known, '; ') +
      ')'
  );
};

function define(accessor, kind, name, options) {
  if (typeof name !== 'string' || name === '') {
    const shown = require('node/internal/inspect').inspect(name);
    throw new TypeError(kind + "() of '" + accessor.accessorName + "' needs a name; got " + shown);
  }
  const ports = accessor[kind + 's'];
  if (!hasOwn(ports, name)) {
    ports[name] = {};
    arrayPush(accessor[kind + 'List'], name);
  }
  Object.assign(ports[name], options);
  // Nobody else reads a default before it is needed.
  if (inspection.isActive() && kind !== 'output') {
    inspection.attempt(accessor.root, () => defaultOf(accessor, ports[name], name));
  }
}

function defaultOf(accessor, port, name) {
  if (port.value === undefined || port.value === null) return port.value;
  return convert(accessor, name, port.type, port.value);
}

function isNothing(value) {
  return value === null || value === undefined;
}

exports.methods = {
  /** Define an input, or merge options into one that is there. */
  input(name, options) {
    define(this, 'input', name, options);
  },

  /** Define an output, or merge options into one that is there. */
  output(name, options) {
    define(this, 'output', name, options);
  },

  /** Define a parameter, or merge options into one that is there. */
  parameter(name, options) {
    define(this, 'parameter', name, options);
  },

  /** Return the value of an input or parameter: the current one, else its default, else null. */
  get(name) {
    let port;
    if (hasOwn(this.inputs, name)) port = this.inputs[name];
    else if (hasOwn(this.parameters, name)) port = this.parameters[name];
    else throw exports.missing(this, ['input', 'parameter'], name);
    let value = port.currentValue;
    if (isNothing(value)) value = port.value;
    if (isNothing(value)) return null;
    return convert(this, name, port.type, value);
  },

  /** Return the value of a parameter as it was set, else its converted default. */
  getParameter(name) {
    if (!hasOwn(this.parameters, name)) throw exports.missing(this, ['parameter'], name);
    const parameter = this.parameters[name];
    if (!isNothing(parameter.currentValue)) return parameter.currentValue;
    return convert(this, name, parameter.type, parameter.value);
  },

  /** Set a parameter; null brings its default back. */
  setParameter(name, value) {
    inspection.attempt(this.root, () => {
      const parameter = parameterOf(this, name);
      parameter.currentValue = convert(this, name, parameter.type, value);
    });
  },

  /** Replace the default of an input. */
  setDefault(name, value) {
    inspection.attempt(this.root, () => {
      const input = inputOf(this, name);
      input.value = convert(this, name, input.type, value);
    });
  },

  /** Merge options into an input. */
  setDefaultInput(name, options) {
    inspection.attempt(this.root, () => {
      inputOf(this, name);
      define(this, 'input', name, options);
    });
  },

  /** Return the last value that an output sent, or undefined before the first. */
  latestOutput(name) {
    if (!hasOwn(this.outputs, name)) throw exports.missing(this, ['output'], name);
    return this.outputs[name].latestOutput;
  }
};

function parameterOf(accessor, name) {
  if (hasOwn(accessor.parameters, name)) return accessor.parameters[name];
  const hint = hasOwn(accessor.inputs, name) ? '; for an input there is setDefault()' : '';
  throw new Error(exports.missing(accessor, ['parameter'], name).message + hint);
}

function inputOf(accessor, name) {
  if (typeof name !== 'string') {
    throw new TypeError(
      "an input's name must be a string; got " + require('node/internal/inspect').inspect(name)
    );
  }
  if (!hasOwn(accessor.inputs, name)) throw exports.missing(accessor, ['input'], name);
  return accessor.inputs[name];
}

/** Return the default of an input or parameter, converted. */
exports.defaultOf = defaultOf;
