'use strict';

// Removed items may stay in the array, as long as they are few or not the most of it.
const { arraySlice } = primordials;

const MIN_REMOVED = 64;

/** A queue: first in, first out. */
exports.Fifo = class Fifo {
  constructor() {
    // Without a prototype, whose setters for places of an array are a script's.
    this.items = Object.setPrototypeOf([], null);
    this.head = 0;
  }

  get length() {
    return this.items.length - this.head;
  }

  /** Add an item. */
  push(item) {
    this.items[this.items.length] = item;
  }

  /** Take the first item out; undefined if there is none. */
  shift() {
    const { items, head } = this;
    if (head === items.length) return undefined;
    const item = items[head];
    items[head] = undefined;
    this.head = head + 1;
    if (this.head === items.length) this.items.length = this.head = 0;
    else if (head >= MIN_REMOVED && head > items.length / 2) this.compact();
    return item;
  }

  compact() {
    this.items = Object.setPrototypeOf(arraySlice(this.items, this.head), null);
    this.head = 0;
  }
};
