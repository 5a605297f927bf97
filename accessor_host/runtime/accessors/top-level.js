'use strict';

// Accessors that nothing contains.

const { Accessor } = require('accessors/accessor');
const composition = require('accessors/composition');
const library = require('accessors/library');
const registry = require('accessors/registry');

/**
 * Make a top-level accessor of a class.
 * @param {string} name its name
 * @param {string} className the class, as the library names it
 */
exports.instantiate = (name, className) =>
  Accessor.instantiate(name, className, library.getAccessorCode, {});

/**
 * Make a top-level accessor of source text.
 * @param {string} name its name
 * @param {{source: string, path: string, directory: string}} file the text and where it is from
 * @param {string} [accessorClass] the class, if it has a name
 */
exports.instantiateFromFile = (name, file, accessorClass) =>
  new Accessor(name, file, library.getAccessorCode, {}, null, null, { accessorClass });

/** Make a name that no accessor in the container, or at the top, has. */
exports.uniqueName = (seed, container) =>
  composition.uniqueName(seed, container ? container.containedAccessors : registry.topLevel());
