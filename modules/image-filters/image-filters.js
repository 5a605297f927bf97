'use strict';

// The module imageFilters of Cape Code, without its Java library: what each filter does to the
// pixels is Python's (accessor_host/modules/image_filters/), which is asked in the middle of an
// event, as `filter` returns the image.

const { makeError } = require('kit/errors');
const { imageCodec, imageOf } = require('kit/images');
const { readOptions } = require('kit/json-options');
const { ask } = require('kit/questions');

const MAX_PIXELS = 1920 * 1088;
const RESOURCE_TIMEOUT = 3000; // Milliseconds, as image/ImageAnnotate has it.

const codec = imageCodec('image/png', MAX_PIXELS);

/** List the names of the filters. */
exports.filters = function filters() {
  return ask('image-filters.names');
};

/**
 * Filter an image.
 * @param {*} image what a camera or a web socket gives; a Buffer of encoded bytes; or pixels
 * @param {string} name of the filter
 * @param {object|string} [options] of the filter, or their JSON text
 * @returns {object} an image, as web sockets have it
 * @throws {TypeError} it is no image
 * @throws {Error} with a `code`: there is no such filter, an option of it is not allowed, or the
 *   image is damaged or too large
 */
exports.filter = function filter(image, name, options) {
  const given = optionsOf(options);
  if (typeof given.GraphicURI === 'string' && given.GraphicURI !== '' && !given.Graphic) {
    given.Graphic = resource(given.GraphicURI);
  }
  return imageOf(ask('image-filters.filter', codec.encode(image), String(name), given));
};

// A copy, to which nothing is added that a caller sees.
function optionsOf(options) {
  const given = readOptions(options, 'ERR_FILTER_OPTION', 'a filter');
  if (given === undefined || given === null) return {};
  if (typeof given !== 'object') {
    throw makeError('ERR_FILTER_OPTION', 'the options of a filter must be an object');
  }
  return Object.assign({}, given);
}

function resource(uri) {
  const request = { uri, encoding: null, raw: false, timeout: RESOURCE_TIMEOUT, directory: '.' };
  return ask('resource', request);
}
