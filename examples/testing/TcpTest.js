/**
 * Test that numbers go over TCP to a server and back.
 *
 * @accessor testing/TcpTest
 */
'use strict';

exports.setup = function () {
  var ramp = this.instantiate('Ramp', 'sources/Ramp');
  ramp.setParameter('period', 50);
  ramp.setParameter('step', 0.5);
  var server = this.instantiate('Server', 'net/TcpServer');
  server.setParameter('port', 0);
  server.setParameter('type', 'number');
  var client = this.instantiate('Client', 'net/TcpClient');
  client.setParameter('type', 'number');
  var expect = this.instantiate('Expect', 'testing/Expect');
  expect.setParameter('expected', [0, 0.5, 1]);
  var stop = this.instantiate('Stop', 'testing/Stop');

  this.connect(server, 'listening', client, 'port');
  this.connect(ramp, 'count', client, 'toSend');
  this.connect(server, 'received', server, 'toSend');
  this.connect(client, 'received', expect, 'value');
  this.connect(expect, 'done', stop, 'stop');
};

exports.initialize = function () {
  this.stopAt(5000);
};
