/**
 * Test that numbers go over a web socket to a server and back.
 *
 * @accessor testing/WebSocketTest
 */
'use strict';

exports.setup = function () {
  var ramp = this.instantiate('Ramp', 'sources/Ramp');
  ramp.setParameter('period', 50);
  var server = this.instantiate('Server', 'net/WebSocketServer');
  server.setParameter('port', 0);
  var client = this.instantiate('Client', 'net/WebSocketClient');
  var expect = this.instantiate('Expect', 'testing/Expect');
  expect.setParameter('expected', [0, 1, 2]);
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
