'use strict';

// The module cameras. Images are taken in threads of Python's (accessor_host/modules/cameras/),
// which tells that there is a new one; whoever wants it asks, and gets the newest.

const { arraySlice, hasOwn, isInteger } = primordials;

const { EventEmitter, listenersOf } = require('kit/emitter');
const { makeError, wrongType } = require('kit/errors');
const { imageOf } = require('kit/images');
const { ask } = require('kit/questions');

const MAX_PIXELS = 4096 * 2048;

// What most cameras have. Which of them one has shows when it is opened: it takes the nearest.
const SIZES = [
  '{"width":176, "height":144}',
  '{"width":320, "height":240}',
  '{"width":640, "height":480}',
  '{"width":800, "height":600}',
  '{"width":1280, "height":720}',
  '{"width":1920, "height":1080}'
];

/** List the names of the cameras; the first two are always there. */
exports.cameras = function cameras() {
  return ask('cameras.names');
};

/** Return the name of the camera that 'default camera' means. */
exports.defaultCamera = function defaultCamera() {
  return ask('cameras.default');
};

/**
 * A camera, a video file, or the dummy.
 *
 * Emits `opened`, `image` (image) for new images, `snapshot` (image), `closed` and `error` (Error).
 */
class Camera extends EventEmitter {
  #name;
  #lease;
  #size = { width: 640, height: 480 };
  #isOpen = false;
  #isWanted = false;

  /**
   * @param {string} [name] one of `cameras()`, `file:PATH`, or nothing for the default
   * @throws {Error} there is no such camera
   */
  constructor(name) {
    super();
    this.#name = name === undefined || name === null ? '' : String(name);
    ask('cameras.find', this.#name);
    this.#lease = host.lease('cameras', {
      receive: (type, a, b, c) => this.#receive(type, a, b, c),
      describe: (type) => this.#describe(type)
    });
  }

  /** Begin to take images; `opened` or `error` follows. Nothing when it is open. */
  open() {
    if (this.#isOpen) return;
    this.#isOpen = true;
    const { width, height } = this.#size;
    host.operation('cameras.open', this.#lease.ask(), this.#name, width, height);
  }

  /** Stop; `closed` follows if it was open. */
  close() {
    this.#isWanted = false;
    if (!this.#isOpen) return;
    this.#isOpen = false;
    host.operation('cameras.close', this.#lease.ask());
  }

  /**
   * Return the newest image, and emit it as `snapshot`.
   * @returns {object|null} null if there is none yet; the event comes with the first one then
   */
  snapshot() {
    if (!this.#isOpen) {
      this.emit('error', makeError('ERR_CAMERA_NOT_OPEN', 'open() the camera before snapshot()'));
      return null;
    }
    const image = this.#take();
    this.#isWanted = image === null;
    if (image !== null) this.emit('snapshot', image);
    return image;
  }

  /** List sizes of images, as JSON texts. */
  viewSizes() {
    return arraySlice(SIZES);
  }

  /** Return the size of the images, as a JSON text: of an open camera, those that it takes. */
  getViewSize() {
    return '{"width":' + this.#size.width + ', "height":' + this.#size.height + '}';
  }

  /**
   * Ask for another size; a camera takes the nearest that it has.
   * @param {string|object} size `{width, height}`, or its JSON text
   * @throws {TypeError} it is neither, or has too many pixels
   */
  setViewSize(size) {
    const { width, height } = sizeOf(size);
    if (width === this.#size.width && height === this.#size.height) return;
    this.#size = { width, height };
    if (this.#isOpen) host.operation('cameras.resize', this.#lease.ask(), width, height);
  }

  #take() {
    const text = ask('cameras.take', this.#lease.target);
    return text === null ? null : imageOf(text);
  }

  #receive(type, a, b, c) {
    if (type === 'frame') {
      this.#onFrame();
    } else if (type === 'opened') {
      this.#size = { width: a, height: b };
      this.emit('opened');
    } else if (type === 'closed') {
      this.emit('closed');
    } else if (type === 'ended') {
      this.#isOpen = false;
    } else if (type === 'failed') {
      this.emit('error', makeError(a, b));
    } else if (type === 'denied') {
      this.emit('error', makeError('ERR_ACCESS_DENIED', a, b, c));
    } else {
      this.#lease.offer(a);
    }
  }

  #onFrame() {
    const isWatched = listenersOf(this, 'image').length > 0;
    if (!this.#isOpen || !(isWatched || this.#isWanted)) return;
    const image = this.#take();
    if (image === null) return;
    const isWanted = this.#isWanted;
    this.#isWanted = false;
    try {
      if (isWanted) this.emit('snapshot', image);
    } finally {
      if (isWatched) this.emit('image', image);
    }
  }

  #describe(type) {
    const names = { frame: 'image', failed: 'error', denied: 'error' };
    const event = hasOwn(names, type) ? names[type] : type;
    return ["'" + event + "' of a Camera", listenersOf(this, event)[0]];
  }
}

function sizeOf(size) {
  let value = size;
  if (typeof value === 'string') {
    try {
      value = host.fromJson(value);
    } catch {
      value = null;
    }
  }
  const isSize = typeof value === 'object' && value !== null;
  const { width, height } = isSize ? value : {};
  if (isSide(width) && isSide(height) && width * height <= MAX_PIXELS) return { width, height };
  throw wrongType('size', 'of the form {"width": 640, "height": 480}', size);
}

function isSide(value) {
  return isInteger(value) && value > 0;
}

exports.Camera = Camera;
