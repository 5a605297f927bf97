'use strict';

// `extend` and `implement`: another class's `setup` adds its ports to this accessor's. All levels
// share the ports and handlers of the accessor at the root, which is the one that exists outside.

const { arrayPush } = primordials;

/**
 * Make a new accessor a level of the one that extends or implements it.
 * @param {object} base the new accessor
 * @param {object} derived the accessor that it belongs to
 * @param {boolean} extended whether `derived` extends it
 */
exports.link = function link(base, derived, extended) {
  // What `base` does not have itself, ports above all, it finds in `derived`.
  Object.setPrototypeOf(base, derived);
  base.root = derived.root;
  if (!extended) return;
  Object.setPrototypeOf(derived.exports, base.exports);
  derived.exports.ssuper = base.exports;
  derived.ssuper = base;
  derived.extending = base;
};

exports.methods = {
  /**
   * Take over the ports and functions of a class.
   * @throws {Error} the accessor extends a class already, or the class is not there
   */
  extend(className) {
    if (this.ssuper !== null) {
      throw new Error(
        "accessor '" +
          this.accessorName +
          "' cannot extend '" +
          String(className) +
          "': it extends " +
          "'" +
          this.ssuper.accessorClass +
          "' already"
      );
    }
    addLevel(this, className, this, null);
  },

  /** Take over the ports of a class. */
  implement(className) {
    arrayPush(this.implementedInterfaces, addLevel(this, className, null, this));
  }
};

function addLevel(accessor, className, extendedBy, implementedBy) {
  const { bindings, root } = accessor;
  const name = accessor.accessorName + '_' + className;
  const place = { container: root.container };
  return accessor.constructor.instantiate(
    name,
    className,
    root.getAccessorCode,
    bindings,
    place,
    extendedBy,
    implementedBy
  );
}
