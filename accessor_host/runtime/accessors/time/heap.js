'use strict';

const { arrayPop } = primordials;

/** A priority queue: a binary heap in an array. */
exports.Heap = class Heap {
  /** @param {function(*, *): boolean} comesBefore tells whether the first leaves before the second */
  constructor(comesBefore) {
    this.comesBefore = comesBefore;
    // Without a prototype, whose setters for places of an array are a script's.
    this.items = Object.setPrototypeOf([], null);
  }

  get size() {
    return this.items.length;
  }

  /** Return the first item, which stays. */
  peek() {
    return this.items[0];
  }

  /** Add an item. */
  push(item) {
    this.rise(item, this.items.length);
  }

  /** Take the first item out. */
  pop() {
    const { items, comesBefore } = this;
    const first = items[0];
    const last = arrayPop(items);
    const { length } = items;
    if (length === 0) return first;
    // The gap goes down to the bottom, as what comes from there mostly belongs there.
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      if (child + 1 < length && comesBefore(items[child + 1], items[child])) child++;
      items[at] = items[child];
      at = child;
    }
    this.rise(last, at);
    return first;
  }

  // Puts an item where a gap is, or above.
  rise(item, gap) {
    const { items, comesBefore } = this;
    let at = gap;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!comesBefore(item, items[parent])) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = item;
  }
};
