'use strict';

// The module shell of the specification. The programs are Python's
// (accessor_host/modules/shell/binding.py): operations go there, events come from there.

const { each, stringEndsWith } = primordials;

const { EventEmitter, emitOne, listenersOf } = require('kit/emitter');
const { makeError } = require('kit/errors');
const options = require('kit/options');

const SCHEMA = 'shell';

/**
 * A program. Whether it may be started is the operator's decision.
 *
 * Emits `message` (a line of standard output), `stderr` (a line of standard error), `close` (exit
 * code or null, name of the signal or null) and `error` (Error).
 */
class Shell extends EventEmitter {
  #state;

  /**
   * @param {object} given options, see schemas/shell.schema.json
   * @throws {TypeError} an option's value is not allowed
   */
  constructor(given) {
    super();
    const resolved = options.resolve(SCHEMA, given);
    if (resolved.cmd === '') {
      throw options.badOption('cmd', resolved.cmd, 'a program and its arguments');
    }
    this.cmd = resolved.cmd;
    this.#state = new ShellState(this, resolved);
  }

  /**
   * Start the program. Once it has ended, or wrapup() was called, it can be started again.
   * @throws {Error} it runs
   */
  start() {
    const state = this.#state;
    if (state.isRunning) {
      throw makeError('ERR_SHELL_RUNNING', 'the program runs already');
    }
    state.isRunning = state.isWritable = true;
    state.run++;
    host.operation('shell.start', state.lease.ask(), state.run, state.options);
  }

  /**
   * Write a line to the program; its end is added where it has none.
   * @returns {boolean} whether the program runs and its input is open
   * @throws {TypeError} the value has no text form
   */
  write(data) {
    if (data === undefined || data === null) {
      throw new TypeError(data + ' has no text form and cannot be written');
    }
    const text = String(data);
    const state = this.#state;
    if (!state.isWritable) return false;
    const line = stringEndsWith(text, '\n') ? text : text + '\n';
    host.operation('shell.write', state.lease.ask(), state.run, line);
    return true;
  }

  /** Close the program's input, once what was written has left. */
  end() {
    const state = this.#state;
    if (!state.isWritable) return;
    state.isWritable = false;
    host.operation('shell.end', state.lease.ask(), state.run);
  }

  /** End the program and its children; nothing that they write is told any more. */
  wrapup() {
    const state = this.#state;
    if (!state.isRunning) return;
    state.isRunning = state.isWritable = false;
    host.operation('shell.wrapup', state.lease.ask(), state.run);
    state.run++;
  }
}

/** What this module knows of a program, and its events. */
class ShellState {
  constructor(shell, resolved) {
    this.shell = shell;
    this.options = resolved;
    // Counts starts and wrapups: what an earlier program still writes is not told.
    this.run = 0;
    this.isRunning = false;
    this.isWritable = false;
    this.lease = host.lease('shell', this);
  }

  receive(type, a, b, c) {
    if (type === 'idle') this.lease.offer(a);
    else receivers[type](this, a, b, c);
  }

  describe(type) {
    const event = EVENTS[type];
    return ["'" + event + "' of a Shell", listenersOf(this.shell, event)[0]];
  }
}

const EVENTS = {
  __proto__: null,
  lines: 'message',
  complaints: 'stderr',
  failed: 'error',
  close: 'close'
};

const receivers = {
  __proto__: null,

  lines(state, run, written) {
    deliver(state, 'message', run, host.fromJson(written));
  },

  // What nobody listens to is not lost: accessors of the library do not know of it.
  complaints(state, run, written) {
    if (run === state.run && listenersOf(state.shell, 'stderr').length === 0) {
      for (const line of each(host.fromJson(written))) host.warn(state.shell.cmd + ': ' + line);
      return;
    }
    deliver(state, 'stderr', run, host.fromJson(written));
  },

  // An error that ends the program, or keeps it from its start, comes before its `close`.
  failed(state, written, code, message) {
    const [run, isOver, permission, resource] = host.fromJson(written);
    if (isOver && run === state.run) state.isRunning = state.isWritable = false;
    state.shell.emit('error', makeError(code, message, permission, resource));
  },

  close(state, run, code, signal) {
    if (run === state.run) state.isRunning = state.isWritable = false;
    state.shell.emit('close', code ?? null, signal ?? null);
  }
};

function deliver(state, event, run, lines) {
  for (let i = 0; i < lines.length && run === state.run; i++) {
    try {
      emitOne(state.shell, event, lines[i]);
    } catch (error) {
      // The next is an event of its own to the script.
      host.report(error);
    }
  }
}

exports.Shell = Shell;
