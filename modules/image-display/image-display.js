'use strict';

// The module image-display of the specification, for a host without windows: the newest image of a
// display is a file, or each is a line on standard output. Both are Python's
// (accessor_host/modules/image_display/binding.py).

const { EventEmitter, listenersOf } = require('kit/emitter');
const { makeError } = require('kit/errors');
const { imageCodec } = require('kit/images');
const options = require('kit/options');

const SCHEMA = 'image-display';

/** A display of images. Emits `error` (Error) for one that is damaged, too large or not written. */
class ImageDisplay extends EventEmitter {
  #lease;
  #codec;

  /**
   * @param {string} [name] of the file and of each line
   * @param {object} [given] options, see schemas/image-display.schema.json
   * @throws {TypeError} an option's value is not allowed
   */
  constructor(name, given) {
    super();
    const resolved = options.resolve(SCHEMA, given);
    options.assign(this, SCHEMA, resolved);
    this.name = name === undefined || name === null || name === '' ? 'display' : String(name);
    this.#codec = imageCodec('image/png', resolved.maxImagePixels);
    this.#lease = host.lease('image-display', {
      receive: (type, a, b, c) => this.#receive(type, a, b, c),
      describe: () => ["'error' of an ImageDisplay", listenersOf(this, 'error')[0]]
    });
  }

  /**
   * Display an image instead of the one before.
   * @param {*} image what a camera or a web socket gives; a Buffer of encoded bytes; or pixels
   * @throws {TypeError} it is none of these
   */
  displayImage(image) {
    const payload = this.#codec.encode(image);
    const { name, dir, maxImagePixels } = this;
    const given = { dir, maxImagePixels };
    host.operation('image-display.show', this.#lease.ask(), String(name), given, payload);
  }

  #receive(type, a, b, c) {
    if (type === 'shown') {
      host.operation('print', 'stdout', a + ': image ' + b + ' x ' + c + '\n');
    } else if (type === 'failed') {
      this.emit('error', makeError(a, b));
    } else if (type === 'denied') {
      this.emit('error', makeError('ERR_ACCESS_DENIED', a, b, c));
    } else {
      this.#lease.offer(a);
    }
  }
}

exports.ImageDisplay = ImageDisplay;
