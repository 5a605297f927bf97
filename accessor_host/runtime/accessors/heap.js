'use strict';

/** A priority queue: a binary heap in an array. */
exports.Heap = class Heap {
  /** @param {function(*, *): boolean} comesBefore tells whether the first leaves before the second */
  constructor(comesBefore) {
    this.comesBefore = comesBefore;
    this.items = [];
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
    const { items, comesBefore } = this;
    let at = items.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!comesBefore(item, items[parent])) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = item;
  }

  /** Take the first item out. */
  pop() {
    const { items } = this;
    const first = items[0];
    const last = items.pop();
    if (items.length > 0) this.sink(last);
    return first;
  }

  sink(item) {
    const { items, comesBefore } = this;
    const { length } = items;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && comesBefore(items[child + 1], items[child])) child++;
      if (!comesBefore(items[child], item)) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = item;
  }
};
