/**
 * Test that numbers go through a serial port; the loopback does without a device.
 *
 * @accessor testing/SerialTest
 */
'use strict';

exports.setup = function () {
  var ramp = this.instantiate('Ramp', 'sources/Ramp');
  ramp.setParameter('period', 50);
  ramp.setParameter('step', -1);
  var port = this.instantiate('Port', 'net/SerialPort');
  port.setParameter('type', 'short');
  var expect = this.instantiate('Expect', 'testing/Expect');
  expect.setParameter('expected', [0, -1, -2]);
  var stop = this.instantiate('Stop', 'testing/Stop');

  this.connect(ramp, 'count', port, 'toSend');
  this.connect(port, 'received', expect, 'value');
  this.connect(expect, 'done', stop, 'stop');
};

exports.initialize = function () {
  this.stopAt(5000);
};
