'use strict';

// Which accessor runs, for modules that keep those of one accessor in order. Scripts that are no
// accessor's have none.

let find = () => null;

/** Let a function find it; the runtime for accessors does, if there are any. */
exports.findBy = function findBy(finder) {
  find = finder;
};

/** Return an object that stands for the accessor whose code runs, or null. */
exports.current = function current() {
  return find();
};
