'use strict';

// The accessors at the top, who may see them, and those that run.

const { arrayFilter, each, stringStartsWith } = primordials;

const candidates = new Set();
const started = new Set();

/** Note an accessor that nothing contains, as yet. */
exports.add = function add(accessor) {
  candidates.add(accessor);
};

/** Forget an accessor that nobody can reach any more. */
exports.remove = function remove(accessor) {
  candidates.delete(accessor);
};

/** List the accessors that nothing contains, extends or implements, in the order of their making. */
exports.topLevel = () => arrayFilter([...each(candidates)], ({ container }) => !container);

/** Note that an accessor begins to initialize. */
exports.start = function start(accessor) {
  started.add(accessor);
};

/** Note that an accessor is wrapped up. */
exports.end = function end(accessor) {
  started.delete(accessor);
};

/** Tell whether an accessor was started, with or without success, and not wrapped up. */
exports.isStarted = (accessor) => started.has(accessor);

/** Return how many accessors were started and not wrapped up. */
exports.countStarted = () => started.size;

/**
 * Return the first accessor that was started and not wrapped up, an outermost one, or null.
 * @param {WeakSet} others accessors that are left out
 */
exports.firstStarted = function firstStarted(others) {
  let first = null;
  for (const accessor of each(started)) {
    if (others.has(accessor)) continue;
    if (!accessor.container) return accessor;
    if (first === null) first = accessor;
  }
  return first;
};

/** Return `getTopLevelAccessors` as an accessor gets it: only trusted ones may look around. */
exports.topLevelFor = function topLevelFor(accessor) {
  const { accessorName, accessorClass } = accessor;
  const isTrusted = accessorClass === undefined || stringStartsWith(accessorClass, 'trusted/');
  return function getTopLevelAccessors() {
    if (isTrusted && accessor.container) return exports.topLevel();
    throw new Error(
      "accessor '" +
        accessorName +
        "' may not list the top-level accessors: only contained " +
        'accessors of a class trusted/... or of inline code may'
    );
  };
};
