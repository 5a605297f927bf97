'use strict';

// The module computer-vision. OpenCV works in a thread of Python's
// (accessor_host/modules/computer_vision/binding.py), one image after another.

const { arrayIncludes, arrayJoin, arraySlice } = primordials;

const { makeError, wrongType } = require('kit/errors');
const { imageCodec, imageOf } = require('kit/images');
const { readOptions } = require('kit/json-options');

const codec = imageCodec('image/png');
const pending = new Map();
let nextCall = 1;
let target = 0;

const receiver = {
  receive(type, call, a, b) {
    const callback = pending.get(call);
    pending.delete(call);
    // The callback takes an image alone: what goes wrong is reported.
    if (type === 'failed') throw makeError(a, b);
    callback(imageOf(a));
  },

  describe(type, call) {
    return ['the callback of filter()', pending.get(call)];
  }
};

/** The names of the transforms. */
exports.filters = [
  'blur',
  'dilate',
  'erode',
  'findContours',
  'findEdges',
  'gaussianBlur',
  'histogram',
  'makeBGRA',
  'makeGray',
  'makeHSV',
  'makeYUV',
  'medianBlur'
];

const known = arraySlice(exports.filters);

/**
 * Transform an image.
 * @param {*} image what a camera or a web socket gives; a Buffer of encoded bytes; or pixels
 * @param {string} transform one of `filters`
 * @param {object|string} options blurSize 10, cannyThreshold 75, erosionSize 1; or their JSON text
 * @param {Function} callback gets the new image
 * @throws {TypeError} it is no image, or there is no callback
 * @throws {Error} there is no such transform, or the options are no JSON text
 */
exports.filter = function filter(image, transform, options, callback) {
  if (typeof callback !== 'function') throw wrongType('callback', 'of type function', callback);
  if (!arrayIncludes(known, transform)) {
    const message = "there is no transform '" + transform + "'; there are " + arrayJoin(known, ', ');
    throw makeError('ERR_NO_FILTER', message);
  }
  const payload = codec.encode(image);
  const given = optionsOf(options);
  if (target === 0) target = host.open(receiver);
  const call = nextCall++;
  pending.set(call, callback);
  host.operation('computer-vision.filter', target, call, payload, transform, given);
};

function optionsOf(options) {
  const given = readOptions(options, 'ERR_FILTER_OPTION', 'a transform');
  return typeof given === 'object' && given !== null ? given : {};
}
