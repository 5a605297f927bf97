'use strict';

// The life of an accessor: `initialize`, `fire` in each reaction, `wrapup`. These are own methods
// of every root. A base class finds them there too, and then only its own function runs:
// `this.ssuper.initialize()`.

const { apply, arrayMap, arrayShift, each } = primordials;

const { Steps, explain } = require('accessors/failures');
const monitoring = require('accessors/monitoring');
const priorities = require('accessors/priorities');
const reactions = require('accessors/reactions');
const registry = require('accessors/registry');
const running = require('accessors/running');
const temporal = require('accessors/time/temporal');

function call(accessor, name) {
  const callback = accessor.exports[name];
  if (typeof callback !== 'function') return;
  const depth = running.begin({ accessor, what: name + '()', callback });
  try {
    apply(callback, accessor, []);
  } catch (error) {
    throw explain(error, name + "() of accessor '" + accessor.accessorName + "'");
  } finally {
    running.end(depth);
  }
}

// Accessors that are wrapping up, the outermost first, with the steps that are left.
const endings = new Map();

function beginEnding(accessor) {
  accessor.initialized = false;
  const contained = arrayMap(accessor.containedAccessors, (one) => () => {
    if (one === accessor.reifyingAccessor) accessor.unreify();
    else one.wrapup();
  });
  return {
    steps: new Steps("wrapup() of accessor '" + accessor.accessorName + "'"),
    left: [
      () => accessor.emit('wrapupStart'),
      () => {
        reactions.reset(accessor);
        temporal.cancel(accessor);
      },
      ...each(contained),
      () => call(accessor, 'wrapup'),
      () => accessor.emit('wrapupEnd'),
      () => {
        accessor.removeAllListeners();
        monitoring.endForDebugging(accessor);
      }
    ]
  };
}

// What was stopped in the middle goes on with the steps that are left.
running.whenStopped(() => {
  for (const accessor of each(endings.keys())) {
    if (!endings.has(accessor.container)) temporal.soon(accessor, 'the end', goOn);
  }
});

function goOn(accessor) {
  if (endings.has(accessor)) accessor.wrapup();
}

exports.methods = {
  /** Initialize what is contained, then the accessor itself. */
  initialize() {
    if (this.root !== this) {
      call(this, 'initialize');
      return;
    }
    registry.start(this);
    monitoring.startForDebugging(this);
    this.emit('initializeStart');
    if (this.containedAccessors.length > 0) {
      priorities.prepare(this);
      for (const contained of each(this.containedAccessors)) contained.initialize();
    }
    call(this, 'initialize');
    this.initialized = true;
    this.emit('initializeEnd');
  },

  /** Call the accessor's `fire`. */
  fire() {
    call(this, 'fire');
  },

  /** End what the accessor does: every step is taken, then the first error is thrown. */
  wrapup() {
    if (this.root !== this) {
      call(this, 'wrapup');
      return;
    }
    running.wake();
    try {
      if (!endings.has(this)) endings.set(this, beginEnding(this));
      const { steps, left } = endings.get(this);
      for (const contained of each(this.containedAccessors)) {
        if (endings.has(contained)) steps.run(() => contained.wrapup());
      }
      while (left.length > 0) steps.run(arrayShift(left));
      endings.delete(this);
      steps.finish();
    } finally {
      // Even if its script has changed what the steps are made of.
      registry.end(this);
    }
  }
};
