/**
 * Play a tone once; it takes the extra [audio].
 *
 * @accessor sound/Beeper
 * @parameter {number} frequency Of the tone, in hertz.
 * @output {boolean} accepted True, when the tone has been queued.
 */
'use strict';

var audio = require('@modules/audio');

var RATE = 44100;
var player = null;

exports.setup = function () {
  this.parameter('frequency', { type: 'number', value: 440 });
  this.output('accepted', { type: 'boolean', spontaneous: true });
};

exports.initialize = function () {
  var frequency = this.getParameter('frequency');
  var tone = [];
  for (var i = 0; i < RATE / 5; i++) {
    tone.push(0.3 * Math.sin((2 * Math.PI * frequency * i) / RATE));
  }
  player = new audio.Player('array', { sampleRate: RATE });
  player.on('error', (error) => console.error(error.message));
  player.play([tone], () => this.send('accepted', true));
};

exports.wrapup = function () {
  player.stop();
};
