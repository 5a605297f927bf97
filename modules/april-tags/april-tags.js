'use strict';

// The module aprilTags of Cape Code. OpenCV finds the tags, in Python
// (accessor_host/modules/april_tags/binding.py), which is asked in the middle of an event.

const { arrayMap } = primordials;

const { imageCodec, imageOf } = require('kit/images');
const { readOptions } = require('kit/json-options');
const { ask } = require('kit/questions');

const MAX_PIXELS = 1920 * 1088;

const codec = imageCodec('image/png', MAX_PIXELS);

let last = [];

/**
 * Find the tags on an image.
 * @param {*} image what a camera or a web socket gives; a Buffer of encoded bytes; or pixels
 * @param {object|string} [options] TagFamily 'Tag36h11'; or their JSON text
 * @returns {object} the image with the outlines of the tags
 * @throws {TypeError} it is no image
 * @throws {Error} with a `code`: there is no such family, or the image is damaged or too large
 */
exports.filter = function filter(image, options) {
  const answer = ask('april-tags.find', codec.encode(image), optionsOf(options));
  last = answer.tags;
  return imageOf(answer.image);
};

/** Return the tags of the last image, `{id, center, perimeter}` each. */
exports.tags = function tags() {
  return arrayMap(last, ({ id, center, perimeter }) => {
    return { id, center: [center[0], center[1]], perimeter };
  });
};

function optionsOf(options) {
  const given = readOptions(options, 'ERR_TAG_OPTION', 'april-tags');
  return typeof given === 'object' && given !== null ? given : {};
}
