'use strict';

// The module dsp of the specification: the discrete Fourier transform, by Cooley and Tukey's
// algorithm for powers of two.

const { isArray, typedArrayTag } = primordials;

const { wrongType } = require('kit/errors');

// Samples: to transform them takes about a second of JavaScript, as much as an event should.
const MAX_LENGTH = 65536;

/** Transforms of signals. */
class Signal {
  /**
   * Return the discrete Fourier transform of real samples, without a factor.
   * @param {number[]|Float64Array} samples 65,536 at most; zeros are added up to a power of two
   * @returns {{real: number[], imag: number[]}} the coefficients, as many as there are samples then
   * @throws {TypeError} it is no list of numbers
   * @throws {RangeError} there are too many
   */
  fft(samples) {
    if (!isArray(samples) && typedArrayTag(samples) === undefined) {
      throw wrongType('samples', 'an array of numbers', samples);
    }
    const { length } = samples;
    if (length > MAX_LENGTH) {
      throw new RangeError('a signal may have ' + MAX_LENGTH + ' samples at most, not ' + length);
    }
    let size = 1;
    while (size < length) size *= 2;
    const real = new Array(size);
    const imag = new Array(size);
    // Each sample goes to where the bits of its index, read backwards, point.
    for (let i = 0, place = 0; i < size; i++) {
      const sample = i < length ? samples[i] : 0;
      if (typeof sample !== 'number') throw wrongType('samples', 'an array of numbers', samples);
      real[place] = sample;
      imag[place] = 0;
      let bit = size >> 1;
      while (bit > 0 && place & bit) {
        place ^= bit;
        bit >>= 1;
      }
      place |= bit;
    }
    transform(real, imag, size);
    return { real, imag };
  }
}

function transform(real, imag, size) {
  // Of one angle each: a product of earlier ones would gather their errors.
  const half = size >> 1;
  const cos = new Array(half);
  const sin = new Array(half);
  for (let i = 0; i < half; i++) {
    const angle = (-2 * Math.PI * i) / size;
    cos[i] = Math.cos(angle);
    sin[i] = Math.sin(angle);
  }
  for (let span = 1; span < size; span *= 2) {
    const step = half / span;
    for (let start = 0; start < size; start += 2 * span) {
      for (let i = start, k = 0; i < start + span; i++, k += step) {
        const j = i + span;
        const re = real[j] * cos[k] - imag[j] * sin[k];
        const im = real[j] * sin[k] + imag[j] * cos[k];
        real[j] = real[i] - re;
        imag[j] = imag[i] - im;
        real[i] += re;
        imag[i] += im;
      }
    }
  }
}

exports.Signal = Signal;
