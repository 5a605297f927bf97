/**
 * Test that a ramp counts: trainable with `--set RampTest.Expect.training=true`.
 *
 * @accessor testing/RampTest
 */
'use strict';

exports.setup = function () {
  var ramp = this.instantiate('Ramp', 'sources/Ramp');
  ramp.setParameter('period', 50);
  ramp.setParameter('step', 0.5);
  var expect = this.instantiate('Expect', 'testing/Expect');
  expect.setParameter('expected', [0, 0.5, 1, 1.5]);
  var stop = this.instantiate('Stop', 'testing/Stop');
  this.connect(ramp, 'count', expect, 'value');
  this.connect(expect, 'done', stop, 'stop');
};

exports.initialize = function () {
  this.stopAt(200);
};
