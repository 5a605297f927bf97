'use strict';

// The module tesseract: the text on images. The program that recognizes it is started by Python
// (accessor_host/modules/tesseract/binding.py), which does one image after another.

const { makeError } = require('kit/errors');
const { imageCodec } = require('kit/images');
const { Job } = require('kit/jobs');
const options = require('kit/options');

const SCHEMA = 'tesseract';

const codec = imageCodec('image/png');
const pending = new Map();
let nextJob = 1;
let target = 0;

const receiver = {
  receive(type, job, a, b) {
    const under = pending.get(job);
    if (under === undefined) return;
    if (type === 'progress') {
      under.report({ status: a, progress: b });
      return;
    }
    pending.delete(job);
    if (type === 'done') under.resolve(host.fromJson(a));
    else if (type === 'denied') under.reject(deniedError(host.fromJson(a)));
    else under.reject(makeError(a, b));
  },

  describe() {
    return ['the callback of a job of tesseract', undefined];
  }
};

function deniedError({ reason, permission, resource }) {
  return makeError('ERR_ACCESS_DENIED', reason, permission, resource);
}

function begin(kind, image, given) {
  const payload = codec.encode(image);
  return new Job((job) => {
    if (target === 0) target = host.open(receiver);
    const number = nextJob++;
    pending.set(number, job);
    host.operation('tesseract.begin', target, number, kind, payload, given);
  });
}

function resolve(defaults, given) {
  const own = typeof given === 'string' ? { lang: given } : given;
  return options.resolve(SCHEMA, { ...defaults, ...own });
}

function functionsWith(defaults) {
  return {
    recognize: (image, given) => begin('recognize', image, resolve(defaults, given)),
    detect: (image, given) => begin('detect', image, resolve(defaults, given))
  };
}

const plain = functionsWith({});

/**
 * Recognize the text on an image.
 * @param {*} image what a camera or a web socket gives; a Buffer of encoded bytes; or pixels
 * @param {string|object} [given] the language, or options, see schemas/tesseract.schema.json
 * @returns {object} a job, with `{text, confidence, words, lines}` for a result
 * @throws {TypeError} it is no image, or an option's value is not allowed
 */
exports.recognize = plain.recognize;

/**
 * Detect how the text on an image stands.
 * @returns {object} a job, with `{orientation_degrees, script, ...}` for a result
 */
exports.detect = plain.detect;

/** Return the two functions with other options for defaults. */
exports.create = function create(given) {
  return functionsWith(resolve({}, given));
};
