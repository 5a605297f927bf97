'use strict';

// What is wrong with accessors that are set up, as far as it is certain before they run.

const { arrayFilter, arrayIncludes, arraySome, each, errorStack, setErrorStack } = primordials;

const { fullName } = require('accessors/ports');
const inspection = require('accessors/inspection');
const priorities = require('accessors/priorities');

/** Look through an accessor, and note what is wrong. */
exports.check = function check(accessor) {
  checkSetup(accessor);
  const connections = arrayFilter(inspection.connections(), isThere);
  checkTypes(connections);
  checkDuplicates(connections);
  checkLoops(accessor, connections);
};

function checkSetup(accessor) {
  if (typeof accessor.exports.setup === 'function' || inspection.isIncomplete(accessor)) return;
  inspection.note(accessor, new Error('has no setup(), and so no ports'), 'warning');
}

// It may have been taken back.
function isThere({ from, destination }) {
  return arrayIncludes(from.destinations, destination);
}

function nameSource({ composite, origin }) {
  if (typeof origin === 'string') return fullName(composite, origin);
  return fullName(origin.accessor, origin.outputName);
}

function nameDestination({ composite, destination }) {
  if (typeof destination === 'string') return fullName(composite, destination);
  return fullName(destination.accessor, destination.inputName);
}

function noteConnection(connection, message, severity) {
  const error = setErrorStack(
    new Error('connect(): ' + message),
    errorStack(connection.place)
  );
  inspection.note(connection.composite, error, severity);
}

// Whatever a boolean port holds, no number is made of it. All else depends on the value.
function checkTypes(connections) {
  for (const connection of each(connections)) {
    const { from, to } = connection;
    if (from.type !== 'boolean' || !arrayIncludes(['int', 'number'], to.type)) continue;
    const target = nameDestination(connection) + ' (' + to.type + ')';
    const ends = nameSource(connection) + ' (boolean) to ' + target;
    noteConnection(connection, ends + ' can never be converted');
  }
}

function checkDuplicates(connections) {
  const seen = new Map();
  for (const connection of each(connections)) {
    const { from, to } = connection;
    if (!seen.has(from)) seen.set(from, new Set());
    if (seen.get(from).has(to)) {
      const ends = nameSource(connection) + ' to ' + nameDestination(connection);
      noteConnection(connection, ends + ' again: each value will come twice', 'warning');
    }
    seen.get(from).add(to);
  }
}

function checkLoops(composite, connections) {
  for (const contained of each(composite.containedAccessors)) checkLoops(contained, connections);
  try {
    priorities.assign(composite);
  } catch (error) {
    const { loop } = error;
    if (loop === undefined) throw error;
    // Which of its outputs are spontaneous, nobody knows.
    if (arraySome(loop, inspection.isIncomplete)) return;
    const closing = arrayFilter(
      connections,
      ({ origin, destination }) =>
        arrayIncludes(loop, origin.accessor) && arrayIncludes(loop, destination.accessor)
    );
    const last = closing[closing.length - 1];
    const stack = errorStack(last === undefined ? error : last.place);
    inspection.note(composite, setErrorStack(new Error(error.message), stack));
  }
}
