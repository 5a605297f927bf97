'use strict';

// Sound as numbers from -1 to 1, and as the bytes that devices take: signed PCM, little-endian,
// channels interleaved. Both directions have one scale, so that a round trip keeps the level.

const { arrayFrom, isArray, isView } = primordials;

const { allocate } = require('kit/binary');
const { wrongType } = require('kit/errors');

/**
 * Turn numbers into PCM; what is beyond -1 and 1 is clipped.
 * @param {Array} data an array of numbers for each channel; or one of numbers, already interleaved
 * @param {number} bits of a sample: 8, 16, 24 or 32
 * @returns {Uint8Array}
 * @throws {TypeError} it is neither, or its channels differ in length
 */
exports.toPcm = function toPcm(data, bits) {
  if (!isListLike(data)) throw wrongType('data', 'an array of numbers for each channel', data);
  const channels = isListLike(data[0]) ? data : [data];
  const frames = channels[0].length;
  const width = bits / 8;
  const bytes = allocate(frames * channels.length * width);
  for (let channel = 0; channel < channels.length; channel++) {
    const samples = channels[channel];
    if (!isListLike(samples) || samples.length !== frames) {
      throw wrongType('data', 'channels of one length', data);
    }
    for (let frame = 0; frame < frames; frame++) {
      const value = samples[frame];
      if (typeof value !== 'number') throw wrongType('a sample', 'of type number', value);
      write(bytes, (frame * channels.length + channel) * width, width, toInteger(value, bits));
    }
  }
  return bytes;
};

/**
 * Turn PCM into numbers.
 * @param {Uint8Array} bytes
 * @param {number} channels how many are interleaved
 * @param {number} bits of a sample
 * @returns {Array} an array of numbers for each channel
 */
exports.fromPcm = function fromPcm(bytes, channels, bits) {
  const width = bits / 8;
  const frames = Math.floor(bytes.length / width / channels);
  const scale = 2 ** (bits - 1);
  return arrayFrom({ length: channels }, (_, channel) =>
    arrayFrom({ length: frames }, (_ignored, frame) => {
      return read(bytes, (frame * channels + channel) * width, width) / scale;
    })
  );
};

function isListLike(value) {
  return isArray(value) || isView(value);
}

function toInteger(value, bits) {
  const scale = 2 ** (bits - 1);
  // NaN is silence.
  const scaled = Math.round(value * scale) || 0;
  return Math.max(-scale, Math.min(scale - 1, scaled));
}

function write(bytes, at, width, value) {
  for (let i = 0; i < width; i++) bytes[at + i] = (value >> (8 * i)) & 255;
}

function read(bytes, at, width) {
  let value = 0;
  for (let i = 0; i < width; i++) value |= bytes[at + i] << (8 * i);
  const unused = 32 - 8 * width;
  return (value << unused) >> unused;
}
