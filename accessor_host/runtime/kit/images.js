'use strict';

// Images in scripts. Formats are Python's (accessor_host/codecs/images.py): here are the shapes.

const { each, isInteger, regExpExec, stringSlice } = primordials;

const binary = require('kit/binary');
const { expectMicrotasks } = require('core/microtasks');

const MAX_IMAGE_PIXELS = 4096 * 2048; // What the schemas have as the default.
const CHANNELS = 4;
const SHAPES =
  'expected an image {data}, a Buffer of encoded bytes, or pixels {width, height, pixels}';

// How many pixels each image had when it came, whatever a script makes of it later.
const pixelCounts = new WeakMap();
const pending = new Map();
let nextCall = 1;
let target = null;

/** An image of a message: `type` is its MIME type, `data` a Buffer of the encoded bytes. */
class Image {
  constructor(type, width, height, data) {
    Object.assign(this, { type, width, height, data });
    pixelCounts.set(this, width * height);
  }

  /**
   * Decode the pixels, row by row from the top: red, green, blue and alpha, a byte each.
   * @returns {Promise<Buffer>} of width * height * 4 bytes; rejected if `data` is no image any more
   */
  toRGBA() {
    expectMicrotasks();
    return new Promise((resolve, reject) => {
      if (!pixelCounts.has(this)) throw new TypeError('toRGBA() is a method of a received image');
      const content = encodedBytes(this.data);
      if (target === null) target = host.open(receiver);
      const call = nextCall++;
      pending.set(call, { resolve, reject, bytes: null, at: 0 });
      const limit = pixelCounts.get(this);
      host.operation('image.rgba', target, call, binary.toBase64(content), limit);
    });
  }
}

const receivers = {
  // Pixels come in pieces, so that no event takes long and no text is as long as an image.
  pixels(call, total, piece) {
    const promise = pending.get(call);
    if (promise === undefined) return;
    try {
      if (promise.bytes === null) promise.bytes = binary.allocate(total);
      promise.at += binary.readBase64(piece, promise.bytes, promise.at);
    } catch (error) {
      // Only a full heap leads here.
      pending.delete(call);
      promise.reject(error);
      return;
    }
    if (promise.at < total) return;
    pending.delete(call);
    promise.resolve(promise.bytes);
  },

  failed(call, code, message) {
    const promise = pending.get(call);
    pending.delete(call);
    promise.reject(require('kit/errors').makeError(code, message));
  }
};

const receiver = {
  receive(type, a, b, c) {
    receivers[type](a, b, c);
  },

  describe() {
    return ['the callback of a promise', undefined];
  }
};

/**
 * Make the codec of an image type.
 * @param {string} type MIME type that outgoing images get
 * @param {number} [maxPixels] pixels that an image may have
 */
exports.imageCodec = function imageCodec(type, maxPixels = MAX_IMAGE_PIXELS) {
  return {
    encode(value) {
      const content = binary.bytesOf(value);
      if (content !== null) return encodedPayload(content, type, maxPixels);
      if (typeof value !== 'object' || value === null) throw noImage(value);
      const hasPixels = value.pixels !== undefined;
      if (hasPixels === (value.data !== undefined)) throw noImage(value);
      if (hasPixels) return pixelsPayload(value, type, maxPixels);
      return encodedPayload(encodedBytes(value.data), type, maxPixels);
    },

    decode: imageOf
  };
};

/** Make the image of a payload that comes from Python. */
exports.imageOf = imageOf;

function imageOf(payload) {
  const [head, found, width, height] = each(regExpExec(/^(\S+) (\d+) (\d+) /, payload));
  const data = binary.fromBase64(stringSlice(payload, head.length));
  return new Image(found, Number(width), Number(height), data);
}

function encodedPayload(content, type, maxPixels) {
  if (content.length === 0) throw new TypeError('an image without bytes cannot be sent');
  return ['image', binary.toBase64(content), type, maxPixels];
}

function pixelsPayload({ width, height, pixels }, type, maxPixels) {
  checkSide('width', width);
  checkSide('height', height);
  if (width * height > maxPixels) {
    throw new TypeError(width + ' x ' + height + ' pixels are more than ' + maxPixels);
  }
  const content = binary.bytesOf(pixels);
  const wanted = width * height * CHANNELS;
  if (content === null || content.length !== wanted) {
    const got = content === null ? show(pixels) : content.length;
    throw new TypeError(
      "'pixels' must be the " +
        wanted +
        ' bytes of ' +
        width +
        ' x ' +
        height +
        ' RGBA pixels; got ' +
        got
    );
  }
  return ['pixels', binary.toBase64(content), type, width, height];
}

function checkSide(name, value) {
  if (isInteger(value) && value > 0) return;
  throw new TypeError("'" + name + "' must be an integer, 1 or more; got " + show(value));
}

function encodedBytes(data) {
  const content = binary.bytesOf(data);
  if (content !== null) return content;
  throw new TypeError("'data' must be a Buffer of encoded bytes; got " + show(data));
}

function noImage(value) {
  return new TypeError(show(value) + ' is no image and cannot be sent; ' + SHAPES);
}

function show(value) {
  return host.requireBuiltin('node/internal/inspect').inspect(value, { depth: 0 });
}
