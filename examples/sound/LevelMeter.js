/**
 * Measure how loud it is; it takes the extra [audio].
 *
 * @accessor sound/LevelMeter
 * @output {number} level The loudest sample of each block, from 0 to 1.
 */
'use strict';

var audio = require('@modules/audio-io');

exports.setup = function () {
  this.output('level', { type: 'number', spontaneous: true });
};

exports.initialize = function () {
  audio.initialize(1, 0, 44100, 4096);
  audio.capture((vector) => {
    this.send('level', vector.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0));
  });
};

exports.wrapup = function () {
  audio.wrapup();
};
