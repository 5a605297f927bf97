'use strict';

// The module audio. Devices are Python's (accessor_host/modules/audio/binding.py); here are the
// shapes of sounds, and what scripts see.

const { arrayIncludes, arrayJoin, arraySlice, each, isFinite, regExpTest, stringReplace } =
  primordials;

const binary = require('kit/binary');
const { EventEmitter, listenersOf } = require('kit/emitter');
const { makeError, wrongType } = require('kit/errors');
const options = require('kit/options');
const { fromPcm, toPcm } = require('kit/samples');

const SCHEMA = 'audio';
const CAPTURE_FORMATS = ['raw', 'array', 'aiff', 'aifc', 'au', 'wav'];
const PLAYBACK_FORMATS = ['raw', 'array', 'encoded'];
const CAPTURE_TIME = 1000; // Milliseconds.
const MAX_CAPTURE_TIME = 60000;
const MAX_SEGMENT = 4 * 1024 * 1024; // Bytes, as Python has it.
const RESOURCE_TIMEOUT = 30000; // Milliseconds that a clip may take to arrive.

/** List the formats of captured sounds. */
exports.byteFormats = function byteFormats() {
  return arraySlice(CAPTURE_FORMATS);
};

function resolve(given) {
  // Falsy means the default, but for bigEndian, where 0 has a meaning.
  const own = { ...given };
  for (const name of each(['bitsPerSample', 'channels', 'sampleRate'])) {
    own[name] = own[name] || null;
  }
  return options.resolve(SCHEMA, own);
}

function formatOf(name, given, known, fallback) {
  const format = given === undefined || given === null || given === '' ? fallback : given;
  if (arrayIncludes(known, format)) return format;
  throw options.badOption(name, given, 'one of ' + arrayJoin(known, ', '));
}

// What the three classes have in common: a connection with Python, and its errors.
class Device extends EventEmitter {
  #lease;
  #receivers;

  constructor(name, receivers, events) {
    super();
    this.#receivers = receivers;
    this.#lease = host.lease('audio', {
      receive: (type, a, b, c) => this.#receive(type, a, b, c),
      describe: (type) => {
        const event = events[type] || 'error';
        return ["'" + event + "' of a " + name, listenersOf(this, event)[0]];
      }
    });
  }

  static target(device) {
    return device.#lease.target;
  }

  static ask(device) {
    return device.#lease.ask();
  }

  #receive(type, a, b, c) {
    if (type === 'failed') this.emit('error', makeError(a, b));
    else if (type === 'denied') this.emit('error', makeError('ERR_ACCESS_DENIED', a, b, c));
    else if (type === 'idle') this.#lease.offer(a);
    else this.#receivers[type](a, b, c);
  }
}

const { ask, target } = Device;

/** Play samples or sound files. Emits `error` (Error). */
class Player extends Device {
  #format;
  #options;
  #callbacks = new Map();
  #next = 1;

  /**
   * @param {string} [playbackFormat] raw, array or encoded
   * @param {object} [given] options, see schemas/audio.schema.json
   * @throws {TypeError} there is no such format, or an option's value is not allowed
   */
  constructor(playbackFormat, given) {
    const queued = (call) => this.#onQueued(call);
    const dropped = (call) => this.#callbacks.delete(call);
    super('Player', { __proto__: null, queued, dropped }, { __proto__: null });
    this.#format = formatOf('playbackFormat', playbackFormat, PLAYBACK_FORMATS, 'raw');
    this.#options = resolve(given);
  }

  /**
   * Queue a sound behind those that were given before.
   * @param {*} data bytes; or of the format array, an array of numbers for each channel
   * @param {Function} [callback] called when the queue has room for more
   * @throws {TypeError} it is neither
   */
  play(data, callback) {
    const bytes = this.#bytesOf(data);
    const call = this.#next++;
    if (typeof callback === 'function') this.#callbacks.set(call, callback);
    const text = binary.toBase64(bytes);
    host.operation('audio.play', ask(this), this.#options, this.#format, call, text);
  }

  /** Stop at once, and forget what is queued. Nothing when it does not play. */
  stop() {
    this.#callbacks.clear();
    if (target(this) !== 0) host.operation('audio.stop', ask(this));
  }

  #bytesOf(data) {
    if (this.#format === 'array') return toPcm(data, this.#options.bitsPerSample);
    const bytes = binary.bytesOf(data);
    if (bytes === null) throw wrongType('data', 'a Buffer, a typed array or an ArrayBuffer', data);
    return bytes;
  }

  #onQueued(call) {
    const callback = this.#callbacks.get(call);
    this.#callbacks.delete(call);
    if (callback !== undefined) callback();
  }
}

/** Record sounds. Emits `capture` (bytes, or arrays of numbers) and `error` (Error). */
class Capture extends Device {
  #format;
  #options;
  #time;
  #isOn = false;

  /**
   * @param {number} [captureTime] milliseconds of a segment
   * @param {string} [outputFormat] one of `byteFormats()`
   * @param {object} [given] options, see schemas/audio.schema.json
   * @throws {TypeError} there is no such format, or a value is not allowed
   */
  constructor(captureTime, outputFormat, given) {
    const segment = (text) => this.#onSegment(text);
    const ended = () => (this.#isOn = false);
    super('Capture', { __proto__: null, segment, ended }, { __proto__: null, segment: 'capture' });
    this.#format = formatOf('outputFormat', outputFormat, CAPTURE_FORMATS, 'raw');
    this.#options = resolve(given);
    this.#time = captureTime || CAPTURE_TIME;
    const { bitsPerSample, channels, sampleRate } = this.#options;
    const size = (this.#time / 1000) * sampleRate * channels * (bitsPerSample / 8);
    const isTime = isFinite(this.#time) && this.#time >= 1 && this.#time <= MAX_CAPTURE_TIME;
    if (!isTime || size > MAX_SEGMENT) {
      const allowed =
        '1 to ' + MAX_CAPTURE_TIME + ' milliseconds, and no more than ' + MAX_SEGMENT + ' bytes';
      throw options.badOption('captureTime', captureTime, allowed);
    }
  }

  /** Begin to record; a `capture` follows for each segment. Nothing when it records. */
  start() {
    if (this.#isOn) return;
    this.#isOn = true;
    host.operation('audio.capture', ask(this), this.#options, this.#format, this.#time);
  }

  /** Stop; a segment that is not complete is dropped. Nothing when it does not record. */
  stop() {
    this.#isOn = false;
    if (target(this) !== 0) host.operation('audio.stop', ask(this));
  }

  #onSegment(text) {
    if (!this.#isOn) return;
    const bytes = binary.fromBase64(text);
    const { bitsPerSample, channels } = this.#options;
    this.emit('capture', this.#format === 'array' ? fromPcm(bytes, channels, bitsPerSample) : bytes);
  }
}

/** Play a sound file. Emits `done` (true) at its end and when it is stopped; and `error` (Error). */
class ClipPlayer extends Device {
  #url;
  #sound = null;
  #load = 0;
  #isWanted = false;

  /** @param {string} [url] http:, https: or file:, or the name of a file */
  constructor(url) {
    const done = () => this.emit('done', true);
    super('ClipPlayer', { __proto__: null, done }, { __proto__: null, done: 'done' });
    this.load(url);
  }

  /** Play another file from now on. */
  load(url) {
    // Old accessors have quotation marks around it.
    const text = url === undefined || url === null ? '' : String(url);
    this.#url = stringReplace(stringReplace(text, /^["']/, ''), /["']$/, '');
    this.#sound = null;
    this.#load++;
  }

  /** Play from the beginning; what is wrong with the file is an `error`. */
  play() {
    if (this.#sound !== null) {
      host.operation('audio.clip', ask(this), this.#sound);
      return;
    }
    if (this.#isWanted) return;
    this.#isWanted = true;
    const load = ++this.#load;
    fetch(this.#url, (status, text) => {
      if (load === this.#load) this.#onContent(status, text);
    });
  }

  /** Stop; `done` follows if it plays. */
  stop() {
    this.#isWanted = false;
    this.#load++;
    if (target(this) !== 0) host.operation('audio.stop', ask(this));
  }

  #onContent(status, text) {
    this.#isWanted = false;
    if (status !== null) {
      const message = "the clip '" + this.#url + "' cannot be read: " + status;
      this.emit('error', makeError(status, message));
      return;
    }
    this.#sound = text;
    this.play();
  }
}

// Clips are resources: what a script may read as one, it may play.
const pending = new Map();
let nextFetch = 1;
let resources = 0;

const receiver = {
  receive(type, call, detail) {
    const take = pending.get(call);
    pending.delete(call);
    if (type === 'content') take(null, host.fromJson(detail));
    else take(detail, null);
  },

  describe() {
    return ["'error' of a ClipPlayer", undefined];
  }
};

function fetch(url, take) {
  if (resources === 0) resources = host.open(receiver);
  const call = nextFetch++;
  pending.set(call, take);
  host.operation('resource.get', resources, call, {
    uri: pathOf(url),
    encoding: 'raw',
    raw: true,
    timeout: RESOURCE_TIMEOUT,
    directory: '.'
  });
}

// getResource takes the names of files as they are.
function pathOf(url) {
  if (!regExpTest(/^file:/i, url)) return url;
  const path = stringReplace(stringReplace(url, /^file:/i, ''), /^\/\/(?:localhost)?(?=\/)/, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

exports.Player = Player;
exports.Capture = Capture;
exports.ClipPlayer = ClipPlayer;
