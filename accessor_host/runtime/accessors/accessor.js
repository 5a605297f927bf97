'use strict';

// What an accessor is: a script that was run as a function body, with ports, and a life cycle.

const { apply, each } = primordials;

const EventEmitter = require('node/events');
const announcements = require('accessors/announcements');
const composition = require('accessors/composition');
const delivery = require('accessors/delivery');
const { explain, noteInline } = require('accessors/failures');
const handlers = require('accessors/handlers');
const inheritance = require('accessors/inheritance');
const inspection = require('accessors/inspection');
const library = require('accessors/library');
const lifeCycle = require('accessors/life-cycle');
const monitoring = require('accessors/monitoring');
const mutables = require('accessors/mutables');
const ports = require('accessors/ports');
const reactions = require('accessors/reactions');
const registry = require('accessors/registry');
const running = require('accessors/running');
const scheduling = require('accessors/scheduling');
const scripts = require('accessors/scripts');
const stopping = require('accessors/stopping');
const temporal = require('accessors/time/temporal');

/** One accessor: an instance of a class from the library, or of source text. */
class Accessor extends EventEmitter {
  /**
   * Run the script and its `setup`.
   * @param {string} name the accessor's full name
   * @param {string|object} code source text, or what `library.find` returned
   * @param {function(string): string} [getAccessorCode] finds the source text of a class
   * @param {object} [bindings] host functions and methods to use instead of the defaults
   * @param {Accessor} [extendedBy] the accessor that extends this one
   * @param {Accessor} [implementedBy] the accessor that implements this one
   * @param {object} [place] `{accessorClass, container}`, as far as they are known
   * @throws {Error} there is no code, or it throws
   */
  constructor(name, code, getAccessorCode, bindings, extendedBy, implementedBy, place = {}) {
    super();
    const file = scripts.toFile(name, code);
    this.accessorName = name;
    this.extendedBy = extendedBy;
    this.implementedBy = implementedBy;
    this.code = file.source;
    this.bindings = bindings;
    Object.assign(this, bindings);
    this.timers = {};
    this.exports = { ssuper: null };
    this.implementedInterfaces = [];
    this.ssuper = null;
    this.root = this;
    if ('accessorClass' in place) this.accessorClass = place.accessorClass;
    const base = extendedBy || implementedBy;
    if (!base) becomeRoot(this, getAccessorCode, place.container || null);
    const hasRun = inspection.attempt(this, () => scripts.run(this, file));
    this.initialized = false;
    if (base) inheritance.link(this, base, Boolean(extendedBy));
    const isSetUp = hasRun && inspection.attempt(this, () => setUp(this));
    if (!isSetUp) inspection.complete(this);
    if (base) return;
    Object.assign(this, lifeCycle.methods);
    if (!this.container) registry.add(this);
  }

  /** Return the name. */
  getName() {
    return this.accessorName;
  }

  /** Return the class as it was given; undefined for source text. */
  getAccessorClass() {
    return this.accessorClass;
  }

  /** Tell whether the accessor is between `initialize` and `wrapup`. */
  isInitialized() {
    return this.root.initialized;
  }

  /** Make an accessor of a class. */
  static instantiate(name, className, getAccessorCode, bindings, place, extendedBy, implementedBy) {
    if (typeof className !== 'string' || className === '') {
      const shown = require('node/internal/inspect').inspect(className);
      throw new TypeError("accessor '" + name + "' needs the name of a class; got " + shown);
    }
    if (typeof getAccessorCode !== 'function') {
      throw new Error(
        "accessor '" + name + "': there is no library to find the class '" + className + "' in"
      );
    }
    let code = NOTHING;
    const owner = extendedBy || implementedBy || { accessorName: name };
    const isFound = inspection.attempt(owner, () => {
      code =
        getAccessorCode === library.getAccessorCode
          ? library.find(className)
          : { source: getAccessorCode(className), path: className, directory: '.' };
    });
    const whole = { ...place, accessorClass: className };
    const levels = [extendedBy, implementedBy];
    const accessor = new Accessor(name, code, getAccessorCode, bindings, ...each(levels), whole);
    if (!isFound) inspection.complete(accessor);
    return accessor;
  }

  /** Make an accessor of source text that stands in another accessor's script. */
  static fromCode(name, source, owner, bindings, place) {
    const { directory } = scripts.fileOf(owner);
    const path = name + ' (inline)';
    const code = { source, path, directory };
    noteInline(path);
    return new Accessor(name, code, owner.getAccessorCode, bindings, null, null, place);
  }
}

// What an accessor is made of whose class is missing, while accessors are only looked at.
const NOTHING = { source: '// missing', path: null, directory: '.', body() {} };

function becomeRoot(accessor, getAccessorCode, container) {
  Object.assign(accessor, {
    getAccessorCode,
    container,
    inputList: [],
    inputs: {},
    inputHandlers: {},
    anyInputHandlers: [],
    inputHandlersIndex: {},
    inputHandlerID: 0,
    outputList: [],
    outputs: {},
    parameterList: [],
    parameters: {},
    containedAccessors: []
  });
}

function setUp(accessor) {
  const { root, accessorName } = accessor;
  const { setup } = accessor.exports;
  if (typeof setup !== 'function') return;
  const outer = root[delivery.SETTING_UP];
  root[delivery.SETTING_UP] = true;
  const depth = running.begin({ accessor, what: 'setup()', callback: setup });
  try {
    apply(setup, accessor, []);
  } catch (error) {
    throw explain(error, "setup() of accessor '" + accessorName + "'");
  } finally {
    running.end(depth);
    root[delivery.SETTING_UP] = outer;
  }
  accessor.output('error');
}

for (const { methods } of each([
  announcements,
  ports,
  handlers,
  delivery,
  scheduling,
  reactions,
  temporal,
  composition,
  inheritance,
  mutables,
  monitoring,
  stopping
])) {
  for (const name of each(Object.keys(methods))) {
    Object.defineProperty(Accessor.prototype, name, {
      __proto__: null,
      value: methods[name],
      writable: true,
      configurable: true,
      enumerable: false
    });
  }
}

exports.Accessor = Accessor;
