'use strict';

// The console: Node's, writing whole texts to one of two streams.

const {
  arrayConcat,
  arrayEvery,
  arrayFilter,
  arrayJoin,
  captureStackTrace,
  dateNow,
  each,
  functionBind,
  isArray,
  numberToFixed,
  regExpTest,
  stringIncludes,
  stringPadStart,
  stringSlice,
  stringSplit
} = primordials;

// Inspecting is loaded when something is printed that needs it. It is a third of the runtime: to
// have it there would cost every start some milliseconds, and every turn of dukpy, which looks at
// all functions and objects before and after each, 70 microseconds.

const INDENT = '  ';

// Read once: a script that replaces its clock must not break the timers of the console.
const clock =
  typeof performance === 'object' && typeof performance.now === 'function'
    ? functionBind(performance.now, performance)
    : dateNow;

// Texts and numbers are what most scripts print.
function format(args) {
  if (!arrayEvery(args, isSimple) || (args.length > 1 && stringIncludes(String(args[0]), '%'))) {
    return require('node/internal/format').formatList(undefined, args);
  }
  return arrayJoin(args, ' ');
}

function isSimple(value) {
  // Minus zero is written with its sign.
  return typeof value === 'string' || (typeof value === 'number' && !Object.is(value, -0));
}

/** Write a duration in the largest unit it fills: "3.5ms", "1.500s", "1:02.500 (m:ss.mmm)". */
function durationText(milliseconds) {
  if (milliseconds < 1000) return Number(numberToFixed(milliseconds, 3)) + 'ms';
  const seconds = milliseconds / 1000;
  if (seconds < 60) return numberToFixed(seconds, 3) + 's';
  const rest = stringPadStart(numberToFixed(seconds % 60, 3), 6, '0');
  const minutes = Math.floor(seconds / 60) % 60;
  const hours = Math.floor(seconds / 3600);
  if (hours === 0) return minutes + ':' + rest + ' (m:ss.mmm)';
  return hours + ':' + stringPadStart(String(minutes), 2, '0') + ':' + rest + ' (h:mm:ss.mmm)';
}

/**
 * Make a console whose methods can be used without it.
 * @param {function(string, string)} write Takes 'stdout' or 'stderr', and a text with a line end.
 */
function createConsole(write) {
  const counts = new Map();
  const timers = new Map();
  let indent = '';

  function print(stream, text) {
    const lines = indent === '' ? text : indent + arrayJoin(stringSplit(text, '\n'), '\n' + indent);
    write(stream, lines + '\n');
  }

  function warning(text) {
    print('stderr', 'Warning: ' + text);
  }

  function log(...args) {
    print('stdout', format(args));
  }

  function error(...args) {
    print('stderr', format(args));
  }

  /** Print a message and where it was printed. */
  function trace(...args) {
    const holder = {};
    captureStackTrace(holder, trace);
    const frames = arrayFilter(stringSplit(String(holder.stack), '\n'), isFrame);
    const message = args.length === 0 ? '' : ': ' + format(args);
    print('stderr', arrayJoin(arrayConcat(['Trace' + message], frames), '\n'));
  }

  function isFrame(line) {
    return regExpTest(/^\s+at /, line);
  }

  /** Print one value with options for inspect. */
  function dir(value, options) {
    const { inspect } = require('node/internal/inspect');
    print('stdout', inspect(value, Object.assign({ customInspect: false }, options)));
  }

  /** Print a complaint unless the first argument is true. */
  function assert(condition, ...args) {
    if (condition) return;
    if (args.length === 0) {
      error('Assertion failed');
      return;
    }
    const first = args[0];
    args[0] = 'Assertion failed: ' + (typeof first === 'string' ? first : format([first]));
    print('stderr', format(args));
  }

  /** Print rows and columns; anything that has none as `log` does. */
  function table(data, columns) {
    if (columns !== undefined && !isArray(columns)) {
      const { wrongType } = require('node/internal/coded-error');
      throw wrongType('properties', 'an instance of Array', columns);
    }
    if (data === null || typeof data !== 'object') log(data);
    else print('stdout', require('node/internal/console-table').tableText(data, columns));
  }

  /** Start a timer. */
  function time(label = 'default') {
    const name = String(label);
    if (timers.has(name)) {
      warning("Label '" + name + "' already exists for console.time()");
    } else {
      timers.set(name, clock());
    }
  }

  function printTimer(name, method, data) {
    const start = timers.get(name);
    if (start === undefined) {
      warning("No such label '" + name + "' for console." + method + '()');
    } else {
      const shown = name + ': ' + durationText(clock() - start);
      print('stdout', format(data.length === 0 ? [shown] : ['%s', shown, ...each(data)]));
    }
  }

  /** Print a timer and let it run. */
  function timeLog(label = 'default', ...data) {
    printTimer(String(label), 'timeLog', data);
  }

  /** Print a timer and end it. */
  function timeEnd(label = 'default') {
    const name = String(label);
    printTimer(name, 'timeEnd', []);
    timers.delete(name);
  }

  /** Print how often this was called with that label. */
  function count(label = 'default') {
    const name = String(label);
    const times = (counts.get(name) || 0) + 1;
    counts.set(name, times);
    log(name + ': ' + times);
  }

  /** Count from the beginning again. */
  function countReset(label = 'default') {
    const name = String(label);
    if (!counts.delete(name)) warning("Count for '" + name + "' does not exist");
  }

  /** Indent what follows; print a heading. */
  function group(...args) {
    if (args.length > 0) print('stdout', format(args));
    indent += INDENT;
  }

  /** Indent what follows one step less. */
  function groupEnd() {
    indent = stringSlice(indent, INDENT.length);
  }

  const console = {
    log,
    warn: error,
    dir,
    time,
    timeEnd,
    timeLog,
    trace,
    assert,
    // There is no screen to clear.
    clear: () => undefined,
    count,
    countReset,
    group,
    groupCollapsed: group,
    groupEnd,
    table,
    debug: log,
    info: log,
    dirxml: log,
    error
  };
  // From now on the module is the console, as scripts expect.
  module.exports = console;
  return console;
}

module.exports = { createConsole };
