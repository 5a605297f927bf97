'use strict';

// What an accessor looks like from outside, as plain data for Python.

const { arrayFilter, arrayFlatMap, arrayMap, arrayPush, each, isArray } = primordials;

const inspection = require('accessors/inspection');
const { defaultOf } = require('accessors/ports');
const scripts = require('accessors/scripts');

/**
 * Describe an accessor: its ports and, for a composite, what is inside.
 * @param {object} accessor
 * @returns {object} values with a JSON form; schemas/accessor-interface.schema.json has its shape
 */
exports.describe = function describe(accessor) {
  const { accessorName, accessorClass, ssuper, implementedInterfaces, containedAccessors } =
    accessor;
  const { path } = scripts.fileOf(accessor);
  return {
    name: accessorName,
    class: accessorClass === undefined ? null : accessorClass,
    file: path,
    extends: ssuper === null ? null : ssuper.accessorClass,
    implements: arrayMap(implementedInterfaces, (level) => level.accessorClass),
    mutable: Boolean(accessor.isMutable),
    inputs: arrayMap(accessor.inputList, (name) =>
      describePort(accessor, name, accessor.inputs[name])
    ),
    outputs: arrayMap(accessor.outputList, (name) =>
      describePort(accessor, name, accessor.outputs[name])
    ),
    parameters: arrayMap(accessor.parameterList, (name) => describeParameter(accessor, name)),
    priority: typeof accessor.priority === 'number' ? accessor.priority : null,
    contained: arrayMap(containedAccessors, describe),
    connections: connectionsIn(accessor),
    ...(inspection.isIncomplete(accessor) ? { incomplete: true } : {})
  };
};

/**
 * List the scripts that an accessor is made of: its own, then those that it extends or implements.
 * @param {object} accessor
 * @returns {Array} files `{path, source}`
 */
exports.scriptsOf = function scriptsOf(accessor) {
  const { path, source } = scripts.fileOf(accessor);
  const levels = arrayFilter(
    [accessor.ssuper, ...each(accessor.implementedInterfaces)],
    (level) => level
  );
  return [{ path, source }, ...each(arrayFlatMap(levels, scriptsOf))];
};

function describePort(accessor, name, port) {
  const { type, value, options, visibility } = port;
  const described = { name, type: typeof type === 'string' ? type : null };
  if (value !== undefined) described.value = toData(convertedDefault(accessor, name, port));
  if (isArray(options)) described.options = toData(options);
  if (typeof visibility === 'string') described.visibility = visibility;
  if (port.spontaneous) described.spontaneous = true;
  return described;
}

function describeParameter(accessor, name) {
  const parameter = accessor.parameters[name];
  const described = describePort(accessor, name, parameter);
  const { currentValue } = parameter;
  if (currentValue === undefined || currentValue === null) return described;
  return { ...described, currentValue: toData(currentValue) };
}

// One that its type cannot hold is shown as it is.
function convertedDefault(accessor, name, port) {
  try {
    return defaultOf(accessor, port, name);
  } catch {
    return port.value;
  }
}

function toData(value) {
  try {
    const text = host.stringify(value);
    return text === undefined ? null : host.fromJson(text);
  } catch {
    return require('node/internal/inspect').inspect(value, { depth: 1 });
  }
}

// Ends are `[accessor, port]`; the accessor is null for a port of the composite itself.
function connectionsIn(composite) {
  const connections = [];
  const add = (from, destinations) => {
    for (const destination of each(destinations || [])) {
      const to =
        typeof destination === 'string'
          ? [null, destination]
          : [destination.accessor.accessorName, destination.inputName];
      arrayPush(connections, { from, to });
    }
  };
  for (const name of each(composite.inputList))
    add([null, name], composite.inputs[name].destinations);
  for (const contained of each(composite.containedAccessors)) {
    for (const name of each(contained.outputList)) {
      add([contained.accessorName, name], contained.outputs[name].destinations);
    }
  }
  return connections;
}
