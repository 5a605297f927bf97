'use strict';

// Accessors whose script is Python (accessor_host/accessors/python/classes.py). What reaches one is handed
// over at the end of its reaction, and what Python sends comes back as an event of its own: after
// the reaction, like what the callback of a timer sends. Hence all outputs are spontaneous.

const { arrayFilter, arrayJoin, arrayMap, arrayPush, each } = primordials;

const { toText } = require('accessors/bridge/crossing');
const { report } = require('accessors/failures');
const { defaultOf } = require('accessors/ports');
const registry = require('accessors/registry');
const running = require('accessors/running');

const classes = new Map();

/**
 * Take a class of Python's.
 * @param {object} definition `{number, name, path, directory, inputs, outputs, parameters,
 *   valuesOnly}`; a port is `{name, type, value, options, visibility}`. With `valuesOnly`, Python
 *   is told of new values and nothing else: not of reactions without one
 * @returns {object} what stands for the file of its script
 */
exports.define = function define(definition) {
  const { number, name, path, directory } = definition;
  const file = { source: '// ' + name + ', in Python', path, directory };
  file.body = function body() {
    new Half(this, definition).install();
  };
  classes.set(number, { file, accessorClass: name });
  return file;
};

/** Return a class that was defined: `{file, accessorClass}`. */
exports.classOf = (number) => classes.get(number);

/** The half of one accessor that is in the engine. */
class Half {
  constructor(accessor, definition) {
    this.accessor = accessor;
    this.definition = definition;
    this.arrived = [];
    this.handlers = [];
    this.complaints = new Set();
    this.target = host.open(this);
    this.source = new host.Source('python.reaction', this.target);
    host.operation('python.made', this.target, definition.number, accessor.accessorName);
  }

  install() {
    const { exports } = this.accessor;
    exports.setup = () => this.setup();
    exports.initialize = () => this.initialize();
    exports.fire = () => this.fire();
    exports.wrapup = () => this.wrapup();
  }

  setup() {
    const { accessor, definition } = this;
    for (const { name, ...options } of each(definition.inputs)) {
      accessor.input(name, options);
      defaultOf(accessor, accessor.inputs[name], name);
    }
    for (const { name, ...options } of each(definition.outputs)) {
      accessor.output(name, { ...options, spontaneous: true });
    }
    accessor.output('error', { spontaneous: true });
    for (const { name, ...options } of each(definition.parameters)) {
      accessor.parameter(name, options);
      defaultOf(accessor, accessor.parameters[name], name);
    }
  }

  initialize() {
    const { accessor, definition } = this;
    this.arrived = [];
    // Whoever initializes it twice wants every value once.
    for (const handler of each(this.handlers)) accessor.removeInputHandler(handler);
    this.handlers = arrayMap(definition.inputs, ({ name }) =>
      accessor.addInputHandler(name, () => this.take(name))
    );
    host.operation('python.initialize', this.target, this.settings());
  }

  wrapup() {
    this.handlers = [];
    host.operation('python.wrapup', this.target, this.settings());
  }

  // A value that cannot cross is dropped here: a handler that throws would be called no more.
  take(name) {
    const { accessor, definition } = this;
    const own = this.member('input', name, () => accessor.get(name), report);
    if (own === null) return;
    const members = definition.valuesOnly ? '{' + own + '}' : this.current();
    arrayPush(this.arrived, '[' + host.toJson(name) + ',' + members + ']');
  }

  fire() {
    const { arrived, definition } = this;
    if (definition.valuesOnly && arrived.length === 0) return;
    this.arrived = [];
    const current = definition.valuesOnly ? '{}' : this.current();
    host.send(this.source, '[[' + arrayJoin(arrived, ',') + '],' + current + ',' + this.settings() + ']', true);
  }

  // The inputs that have a value in this reaction.
  current() {
    const { accessor, definition } = this;
    const { inputs } = accessor;
    const given = arrayFilter(
      definition.inputs,
      ({ name }) => !isNothing(inputs[name].currentValue)
    );
    // What cannot cross was reported when it was taken.
    return this.members(
      'input',
      given,
      (name) => accessor.get(name),
      () => {}
    );
  }

  // What holds outside of reactions too: the defaults of inputs, and the parameters.
  settings() {
    const { inputs, parameters } = this.accessor;
    const complain = (error, what) => this.complain(error, what);
    const defaults = arrayFilter(
      this.definition.inputs,
      ({ name }) => !isNothing(inputs[name].value)
    );
    const set = arrayFilter(
      this.definition.parameters,
      ({ name }) => !isNothing(parameters[name].currentValue) || !isNothing(parameters[name].value)
    );
    const inputsText = this.members(
      'the default of input',
      defaults,
      (name) => defaultOf(this.accessor, inputs[name], name),
      complain
    );
    const parametersText = this.members(
      'parameter',
      set,
      (name) => this.accessor.getParameter(name),
      complain
    );
    return '{"inputs":' + inputsText + ',"parameters":' + parametersText + '}';
  }

  members(kind, ports, get, fail) {
    const members = arrayMap(ports, ({ name }) => this.member(kind, name, () => get(name), fail));
    const whole = arrayFilter(members, (member) => member !== null);
    return '{' + arrayJoin(whole, ',') + '}';
  }

  // A member of an object as JSON; null for what cannot cross, which is told to `fail`.
  member(kind, name, get, fail) {
    const what = kind + " '" + name + "' of accessor '" + this.accessor.root.accessorName + "'";
    try {
      return host.toJson(name) + ':' + toText(get(), what);
    } catch (error) {
      fail(error, what);
      return null;
    }
  }

  // Settings are read again and again, but one report of each that is wrong is enough.
  complain(error, what) {
    if (this.complaints.has(what)) return;
    this.complaints.add(what);
    report(error, what);
  }

  receive(type, text) {
    const { accessor } = this;
    // What Python sends may come when the run is over.
    if (!registry.isStarted(accessor.root)) return;
    const depth = running.begin({ accessor, what: 'what Python sends', callback: undefined });
    if (type === 'stop') accessor.stop();
    else for (const sent of each(host.fromJson(text))) this.send(sent[0], sent[1], sent[2]);
    running.end(depth);
  }

  send(port, value, place) {
    try {
      this.accessor.send(port, value);
    } catch (error) {
      report(
        error,
        "send('" + port + "') of accessor '" + this.accessor.root.accessorName + "' (" + place + ')'
      );
    }
  }

  describe() {
    return running.describe();
  }
}

function isNothing(value) {
  return value === null || value === undefined;
}
