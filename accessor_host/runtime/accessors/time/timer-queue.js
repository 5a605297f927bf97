'use strict';

const { each } = primordials;

const { Heap } = require('accessors/time/heap');

/** Timers that were cleared may stay, as long as they are few or not the most of all. */
const MIN_STALE = 64;

function comesBefore(a, b) {
  if (a.due !== b.due) return a.due < b.due;
  if (a.domain !== b.domain) return a.domain.order < b.domain.order;
  if (a.priority !== b.priority) return a.priority < b.priority;
  return a.id < b.id;
}

/** Timers in the order in which they run. */
exports.TimerQueue = class TimerQueue {
  constructor() {
    this.heap = new Heap(comesBefore);
    this.stale = 0;
  }

  /** Add a timer: `{due, domain, priority, id, isCleared}`. */
  push(timer) {
    timer.isQueued = true;
    this.heap.push(timer);
  }

  /** Return the first timer, which stays, or null. */
  first() {
    const { heap } = this;
    while (heap.size > 0 && heap.peek().isCleared) {
      heap.pop();
      this.stale--;
    }
    return heap.size > 0 ? heap.peek() : null;
  }

  /** Take the first timer out. */
  take() {
    const timer = this.heap.pop();
    timer.isQueued = false;
    return timer;
  }

  /** Take note that a timer was cleared, whether or not it is in here. */
  forget(timer) {
    if (!timer.isQueued) return;
    this.stale++;
    if (this.stale > MIN_STALE && this.stale > this.heap.size / 2) this.compact();
  }

  compact() {
    const { items } = this.heap;
    this.heap = new Heap(comesBefore);
    this.stale = 0;
    for (const timer of each(items)) if (!timer.isCleared) this.heap.push(timer);
  }
};
