'use strict';

// How often, when and how long an accessor initializes, reacts and wraps up.

const { arrayFlatMap, arrayMap, dateNow, each } = primordials;

// The clock is read as `Date.now`, which a script may have set: the figures are the script's own.
function readClock() {
  try {
    return Date.now();
  } catch {
    return dateNow();
  }
}

const PHASES = ['initialize', 'react', 'wrapup'];

// The monitors of accessors whose contained ones are measured with them.
const deepMonitors = new WeakSet();

// The listeners of accessors that were ever measured, as `[event, listener]`.
const listeners = new WeakMap();

// Milliseconds that a phase has taken; its share of the time since monitoring began is shown.
const BUSY = Symbol('busy');

function newPhase() {
  const phase = { count: 0, utilization: 0, latestStart: 0, latestEnd: 0 };
  return Object.defineProperty(phase, BUSY, { __proto__: null, value: 0, writable: true });
}

function share(measured, start, now) {
  measured.utilization = now === start ? 0 : measured[BUSY] / (now - start);
}

function isRunning(monitor) {
  return Boolean(monitor) && monitor.stopMonitoringTime === undefined;
}

function begin({ monitor }, phase) {
  if (!isRunning(monitor)) return;
  monitor[phase].latestStart = readClock();
  // Its end may never be seen: it is where all listeners go.
  if (phase === 'wrapup') monitor.wrapup.count++;
}

function end({ monitor }, phase) {
  if (!isRunning(monitor)) return;
  const measured = monitor[phase];
  const now = readClock();
  if (phase !== 'wrapup') measured.count++;
  // A phase that was under way when monitoring began has taken all the time so far.
  const start = measured.latestStart || monitor.startMonitoringTime;
  measured[BUSY] += now - start;
  measured.latestEnd = now;
  share(measured, monitor.startMonitoringTime, now);
  if (measured.latestStart === 0) measured.utilization = 1;
}

function listen(accessor) {
  let own = listeners.get(accessor);
  if (own === undefined) {
    own = arrayFlatMap(PHASES, (phase) => [
      [phase + 'Start', () => begin(accessor, phase)],
      [phase + 'End', () => end(accessor, phase)]
    ]);
    listeners.set(accessor, own);
  }
  for (const entry of each(own)) {
    const [event, listener] = each(entry);
    // They may still be there, or have gone with all others.
    accessor.removeListener(event, listener);
    accessor.on(event, listener);
  }
}

exports.methods = {
  /**
   * Measure from now on.
   * @param {boolean} [deep] whether all contained accessors are measured too
   */
  startMonitoring(deep) {
    const { root } = this;
    root.monitor = { utilization: 0, startMonitoringTime: readClock() };
    for (const phase of each(PHASES)) root.monitor[phase] = newPhase();
    listen(root);
    if (!deep) return;
    deepMonitors.add(root.monitor);
    for (const contained of each(root.containedAccessors)) contained.startMonitoring(true);
  },

  /**
   * Return what was measured up to now, with what is contained if `startMonitoring` was told so;
   * undefined if nothing is.
   */
  getMonitoring() {
    const { monitor, accessorName, containedAccessors } = this.root;
    if (!isRunning(monitor)) return monitor;
    const now = readClock();
    monitor.utilization = 0;
    for (const phase of each(PHASES)) {
      const measured = monitor[phase];
      share(measured, monitor.startMonitoringTime, now);
      monitor.utilization += measured.utilization;
    }
    monitor.accessorName = accessorName;
    monitor.currentMonitoringTime = now;
    if (deepMonitors.has(monitor))
      monitor.containedAccessors = arrayMap(containedAccessors, (one) => one.getMonitoring());
    return monitor;
  },

  /** Measure no more; returns what was measured, undefined if nothing was. */
  stopMonitoring() {
    const { root } = this;
    const { monitor } = root;
    if (!isRunning(monitor)) return monitor;
    root.getMonitoring();
    monitor.stopMonitoringTime = readClock();
    for (const contained of each(root.containedAccessors)) contained.stopMonitoring();
    return monitor;
  }
};

/** Measure an accessor while scripts have set the global `_debug`. */
exports.startForDebugging = function startForDebugging(accessor) {
  if (globalThis._debug && !accessor.container) accessor.startMonitoring(true);
};

/** Print what was measured because of `_debug`. */
exports.endForDebugging = function endForDebugging(accessor) {
  if (!globalThis._debug || accessor.container || !accessor.monitor) return;
  console.log(accessor.getMonitoring());
};
