'use strict';

// The module audio-io: one device for all scripts of a host, samples as vectors of numbers from -1
// to 1 whose channels take turns. Devices are Python's (accessor_host/modules/audio_io/binding.py).

const { isInteger } = primordials;

const binary = require('kit/binary');
const { makeError, wrongType } = require('kit/errors');
const { ask } = require('kit/questions');
const { fromPcm, toPcm } = require('kit/samples');

const BITS = 16;
const MAX_CHANNELS = 8;
const MAX_BLOCK = 65536; // Samples of each channel.
const RESOURCE_TIMEOUT = 5000; // Milliseconds.

let settings = { inChannels: 1, outChannels: 1, sampleRate: 44100, blockSize: 512 };
let callback = null;
let target = 0;

const receiver = {
  receive(type, a, b, c) {
    if (type === 'segment') {
      if (callback !== null) callback(fromPcm(binary.fromBase64(a), 1, BITS)[0]);
    } else if (type === 'failed') {
      // There are no events: it is reported, and everything else goes on.
      throw makeError(a, b);
    } else if (type === 'denied') {
      throw makeError('ERR_ACCESS_DENIED', a, b, c);
    }
  },

  describe() {
    return ['the callback of capture()', callback === null ? undefined : callback];
  }
};

function operation(name, ...details) {
  if (target === 0) target = host.open(receiver);
  host.operation('audio-io.' + name, target, ...details);
}

/**
 * Choose how to play and to record from now on.
 * @param {number} inChannels 0 to 8
 * @param {number} outChannels 0 to 8
 * @param {number} sampleRate samples in a second, 8000 to 384000
 * @param {number} blockSize samples of a recorded block in each channel, 1 to 65536
 * @throws {TypeError} a number is not allowed
 */
exports.initialize = function initialize(inChannels, outChannels, sampleRate, blockSize) {
  check('inChannels', inChannels, 0, MAX_CHANNELS);
  check('outChannels', outChannels, 0, MAX_CHANNELS);
  check('sampleRate', sampleRate, 8000, 384000);
  check('blockSize', blockSize, 1, MAX_BLOCK);
  settings = { inChannels, outChannels, sampleRate, blockSize };
};

/**
 * Record until another call or `wrapup`.
 * @param {Function|null} take gets each block, its channels interleaved; null stops
 */
exports.capture = function capture(take) {
  if (take === null || take === undefined) {
    callback = null;
    operation('stop-capture');
    return;
  }
  if (typeof take !== 'function') throw wrongType('callback', 'of type function', take);
  callback = take;
  const { inChannels, sampleRate, blockSize } = settings;
  operation('capture', inChannels === 0 ? 1 : inChannels, sampleRate, blockSize);
};

/**
 * Play samples, behind those that were given before.
 * @param {number} channels whose samples take turns, 1 to 8
 * @param {Array} vector of numbers
 * @throws {TypeError} a number is not allowed, or it is no vector
 */
exports.play = function play(channels, vector) {
  check('channels', channels, 1, MAX_CHANNELS);
  const bytes = toPcm(vector, BITS);
  operation('play', channels, settings.sampleRate, binary.toBase64(bytes));
};

/**
 * Load a WAVE file that the script may read as a resource.
 * @param {string} path
 * @returns {{sampleRate: number, channels: number, data: Array}} data with channels interleaved
 * @throws {Error} it cannot be read, or is no such file; `code` says why
 */
exports.loadwav = function loadwav(path) {
  const content = ask('resource', {
    uri: String(path),
    encoding: 'raw',
    raw: true,
    timeout: RESOURCE_TIMEOUT,
    directory: '.'
  });
  const { sampleRate, channels, bits, data } = ask('audio-io.wav', content);
  return { sampleRate, channels, data: fromPcm(binary.fromBase64(data), 1, bits)[0] };
};

/** Stop to play and to record; safe at any time. */
exports.wrapup = function wrapup() {
  callback = null;
  if (target !== 0) operation('wrapup');
};

function check(name, value, least, most) {
  if (isInteger(value) && value >= least && value <= most) return;
  throw wrongType(name, 'an integer from ' + least + ' to ' + most, value);
}
