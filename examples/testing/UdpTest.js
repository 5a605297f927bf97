/**
 * Test that numbers go in datagrams, and that who gets one knows where it came from.
 *
 * One of them listens at port 8085; `--set UdpTest.Answering.port=P --set UdpTest.Address.port=P`
 * takes another.
 *
 * @accessor testing/UdpTest
 */
'use strict';

exports.setup = function () {
  var ramp = this.instantiate('Ramp', 'sources/Ramp');
  ramp.setParameter('period', 50);
  var asking = this.instantiate('Asking', 'net/Datagrams');
  asking.setParameter('type', 'int');
  var answering = this.instantiate('Answering', 'net/Datagrams');
  answering.setParameter('port', 8085);
  answering.setParameter('type', 'int');
  var address = this.instantiateFromCode('Address', `
    exports.setup = function () {
      this.input('value');
      this.output('datagram');
      this.parameter('port', { type: 'int', value: 8085 });
    };
    exports.initialize = function () {
      this.addInputHandler('value', () => {
        var datagram = { address: '127.0.0.1', port: this.getParameter('port') };
        this.send('datagram', { ...datagram, data: this.get('value') });
      });
    };
  `);
  var read = this.instantiateFromCode('Read', `
    exports.setup = function () { this.input('datagram'); this.output('value'); };
    exports.initialize = function () {
      this.addInputHandler('datagram', () => this.send('value', this.get('datagram').data));
    };
  `);
  var expect = this.instantiate('Expect', 'testing/Expect');
  expect.setParameter('expected', [0, 1, 2]);
  var stop = this.instantiate('Stop', 'testing/Stop');

  this.connect(ramp, 'count', address, 'value');
  this.connect(address, 'datagram', asking, 'toSend');
  this.connect(answering, 'received', answering, 'toSend');
  this.connect(asking, 'received', read, 'datagram');
  this.connect(read, 'value', expect, 'value');
  this.connect(expect, 'done', stop, 'stop');
};

exports.initialize = function () {
  this.stopAt(5000);
};
