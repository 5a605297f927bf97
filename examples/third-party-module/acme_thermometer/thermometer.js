'use strict';

// The JavaScript half: what scripts see. Operations go to binding.py, events come from there.

const { EventEmitter, listenersOf } = require('kit/emitter');
const options = require('kit/options');

/** A thermometer. Emits `reading` (degrees) in every period, and `close` once it has stopped. */
class Thermometer extends EventEmitter {
  #lease;
  #options;

  /**
   * @param {object} [given] options, see options.schema.json
   * @throws {TypeError} an option's value is not allowed
   */
  constructor(given) {
    super();
    this.#options = options.resolve('thermometer', given);
    this.#lease = host.lease('thermometer', {
      receive: (type, detail) => this.#receive(type, detail),
      describe: (type) => this.#describe(type)
    });
    Object.assign(this, this.#options);
  }

  /** Begin to read. */
  start() {
    host.operation('thermometer.start', this.#lease.ask(), this.#options);
  }

  /** Stop reading; `close` follows. Nothing when it is not started. */
  stop() {
    if (this.#lease.target !== 0) host.operation('thermometer.stop', this.#lease.ask());
  }

  // What comes from Python: the type of an event, and its details.
  #receive(type, detail) {
    if (type === 'reading') this.emit('reading', detail);
    else if (type === 'closed') this.emit('close');
    else this.#lease.offer(detail);
  }

  // What runs for an event, and the script's function: for messages about what takes too long.
  #describe(type) {
    const event = type === 'reading' ? 'reading' : 'close';
    return [`'${event}' of a Thermometer`, listenersOf(this, event)[0]];
  }
}

exports.Thermometer = Thermometer;
