'use strict';

// The JavaScript half: what scripts see. Operations go to binding.py, events come from there.

const { EventEmitter } = require('kit/emitter');
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
    this.#lease = host.lease('thermometer', this);
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
  [host.receive](type, detail) {
    if (type === 'reading') this.emit('reading', detail);
    else if (type === 'closed') this.emit('close');
    else this.#lease.offer(detail);
  }

  // What runs for an event: for the message about a callback that takes too long.
  [host.describe](type) {
    const event = type === 'reading' ? 'reading' : 'close';
    return [`'${event}' of a Thermometer`, this.listeners(event)[0]];
  }
}

exports.Thermometer = Thermometer;
