'use strict';

// Accessors that are looked at rather than run: what is wrong with one is collected, so that the
// rest of its `setup` is seen as well, and modules and classes that are missing have stand-ins.

const {
  arrayPush,
  each,
  errorStack,
  setErrorStack,
  stringIncludes,
  stringReplace,
  stringSlice,
  stringSplit,
  stringStartsWith
} = primordials;

let findings = null;
let usualStackDepth;

/** Frames of a stack that are kept, so that the place in the outermost script is among them. */
const STACK_DEPTH = 100;

// Accessors of which not all is known: they have every port that somebody asks for.
const incomplete = new WeakSet();

/** Collect from here on, until `end`. */
exports.begin = function begin() {
  findings = { problems: [], modules: new Set(), missing: new Set(), connections: [] };
  usualStackDepth = Error.stackTraceLimit;
  Error.stackTraceLimit = STACK_DEPTH;
};

/** Return what was found, and collect no more. */
exports.end = function end() {
  const { problems, modules, missing } = findings;
  findings = null;
  Error.stackTraceLimit = usualStackDepth;
  return { problems, modules: [...each(modules)], missing: [...each(missing)] };
};

/** Tell whether accessors are only looked at. */
exports.isActive = () => findings !== null;

/** Tell whether not all is known of an accessor: its class is missing, or its `setup` failed. */
exports.isIncomplete = (accessor) => incomplete.has(accessor.root);

/**
 * Run one step of a `setup`; its error is a finding while accessors are looked at.
 * @returns {boolean} whether it succeeded
 */
exports.attempt = function attempt(accessor, step) {
  if (findings === null) {
    step();
    return true;
  }
  try {
    step();
    return true;
  } catch (error) {
    if (isExhaustion(error)) throw error;
    exports.note(accessor, error);
    return false;
  }
};

/** Tell whether an error is that of a full heap or stack: there is no going on. */
exports.isExhaustion = isExhaustion;

function isExhaustion(error) {
  try {
    if (error instanceof InternalError) return true;
    return (
      error instanceof Error && stringIncludes(error.message, 'Maximum call stack size exceeded')
    );
  } catch {
    // What a script throws may throw in its own turn when it is looked at.
    return false;
  }
}

/** Note what is wrong with an accessor; the error's stack says where. */
exports.note = function note(accessor, error, severity = 'error') {
  const isError = error instanceof Error;
  const stack = isError ? errorStack(error) : undefined;
  const { accessorName } = accessor;
  arrayPush(findings.problems, {
    accessor: accessorName,
    severity,
    message: shorten(isError ? error.message : String(error), accessorName),
    stack: typeof stack === 'string' ? stack : ''
  });
};

// The accessor is told beside the message.
function shorten(message, name) {
  const own = "accessor '" + name + "' ";
  const rest = stringStartsWith(message, own) ? stringSlice(message, own.length) : message;
  return stringReplace(stringReplace(rest, " of accessor '" + name + "'", ''), /\s*\n\s*/g, ' ');
}

/** Remember a connection that was made, and where. */
exports.connected = function connected(composite, ends) {
  if (findings === null) return;
  arrayPush(findings.connections, { ...ends, composite, place: new Error('here') });
};

/** Return the connections that were made since `begin`, in order. */
exports.connections = () => findings.connections;

/** From now on, let an accessor have every port that somebody asks for. */
exports.complete = function complete(accessor) {
  const { root } = accessor;
  if (findings === null || incomplete.has(root)) return;
  incomplete.add(root);
  for (const kind of each(['input', 'output', 'parameter'])) {
    root[kind + 's'] = withEveryPort(root[kind + 's'], root[kind + 'List']);
  }
};

function withEveryPort(ports, names) {
  const add = (name) => {
    if (typeof name !== 'string' || name in ports) return;
    ports[name] = {};
    arrayPush(names, name);
  };
  return new Proxy(ports, {
    get(target, name) {
      add(name);
      return target[name];
    },
    getOwnPropertyDescriptor(target, name) {
      add(name);
      return Reflect.getOwnPropertyDescriptor(target, name);
    }
  });
}

/** Tell whether an error of `require` says that this host has no such module, or not all it needs. */
function isAbsence(error) {
  return error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_MODULE_NOT_AVAILABLE';
}

/** Wrap an accessor's `require`, so that a missing module is a stand-in with every member. */
exports.forgiving = function forgiving(accessor, require) {
  if (findings === null) return require;
  const { modules, missing } = findings;
  const lookUp = (request) => {
    modules.add(String(request));
    try {
      return require(request);
    } catch (error) {
      if (!isAbsence(error)) throw error;
      missing.add(String(request));
      const [message] = each(stringSplit(error.message, '\n'));
      exports.note(accessor, setErrorStack(new Error(message), errorStack(error)));
      return standIn();
    }
  };
  return Object.assign(lookUp, require);
};

function standIn() {
  const self = new Proxy(function absent() {}, {
    get(target, key) {
      if (key === Symbol.toPrimitive) return () => 'absent';
      return key in target ? target[key] : self;
    },
    apply: () => self,
    construct: () => self
  });
  return self;
}
