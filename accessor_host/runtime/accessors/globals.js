'use strict';

// What scripts find as globals once accessors are in use.

const { each } = primordials;

const { Accessor } = require('accessors/accessor');
const library = require('accessors/library');
const { isReifiableBy } = require('accessors/mutables');
const registry = require('accessors/registry');
const resources = require('accessors/resources');
const stopping = require('accessors/stopping');
const topLevel = require('accessors/top-level');

/** Define the globals; what a script has defined itself is kept. */
exports.install = function install() {
  const globals = {
    Accessor,
    getAccessorCode: library.getAccessorCode,
    getHostName: () => 'accessor-host',
    getResource: resources.globalGetResource,
    getTopLevelAccessors: registry.topLevel,
    instantiate: topLevel.instantiate,
    instantiateTopLevel: topLevel.instantiate,
    isReifiableBy,
    stopAllAccessors: () => stopping.stopAll((line) => console.log(line)),
    uniqueName: topLevel.uniqueName
  };
  for (const name of each(Object.keys(globals))) {
    if (name in globalThis) continue;
    Object.defineProperty(globalThis, name, {
      __proto__: null,
      value: globals[name],
      writable: true,
      configurable: true,
      enumerable: false
    });
  }
};
