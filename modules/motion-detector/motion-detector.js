'use strict';

// The module motionDetector of Cape Code: an image is compared with the one before, whichever
// script gave it. The pixels are Python's (accessor_host/modules/motion_detector/binding.py).

const { imageCodec, imageOf } = require('kit/images');
const { readOptions } = require('kit/json-options');
const { ask } = require('kit/questions');

const MAX_PIXELS = 1920 * 1088;

const codec = imageCodec('image/png', MAX_PIXELS);

let last = { cog: null, area: 0 };

/**
 * Compare an image with the one before.
 * @param {*} image what a camera or a web socket gives; a Buffer of encoded bytes; or pixels
 * @param {object|string} [options] PixelThreshold 25, AreaThreshold 0.2, ModifyImage true
 * @returns {object} the image, with what moved marked if it is to be modified
 * @throws {TypeError} it is no image
 * @throws {Error} with a `code`: an option is not allowed, or the image is damaged or too large
 */
exports.filter = function filter(image, options) {
  const answer = ask('motion-detector.compare', codec.encode(image), optionsOf(options));
  last = { cog: answer.cog, area: answer.area };
  return imageOf(answer.image);
};

/** Return the centre `[x, y]` of what moved between the last two images, or null. */
exports.cog = function cog() {
  return last.cog === null ? null : [last.cog[0], last.cog[1]];
};

/** Return how many percent of the pixels changed between the last two images. */
exports.area = function area() {
  return last.area;
};

function optionsOf(options) {
  const given = readOptions(options, 'ERR_MOTION_OPTION', 'a motion detector');
  return typeof given === 'object' && given !== null ? given : {};
}
