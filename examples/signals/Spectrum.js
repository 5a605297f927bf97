/**
 * Find the strongest frequency in a signal.
 *
 * @accessor signals/Spectrum
 * @input {JSON} samples An array of numbers, best a power of two of them.
 * @output {number} frequency Periods in those samples; the constant part does not count.
 */
'use strict';

var Signal = require('@modules/dsp').Signal;

exports.setup = function () {
  this.input('samples', { type: 'JSON' });
  this.output('frequency', { type: 'number' });
};

exports.fire = function () {
  var spectrum = new Signal().fft(this.get('samples'));
  var strongest = 1;
  function power(k) {
    return spectrum.real[k] * spectrum.real[k] + spectrum.imag[k] * spectrum.imag[k];
  }
  for (var k = 2; k < spectrum.real.length / 2; k++) {
    if (power(k) > power(strongest)) strongest = k;
  }
  this.send('frequency', strongest);
};
