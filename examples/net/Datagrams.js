/**
 * Send and receive datagrams.
 *
 * @accessor net/Datagrams
 * @parameter {string} address The address to listen at.
 * @parameter {int} port The port; 0 for any that is free.
 * @parameter {string} type Type of what datagrams hold.
 * @input toSend `{address, port, data}`: what to send where.
 * @output received `{address, port, data}` of each datagram: data, and who has sent it.
 */
'use strict';

var udp = require('@modules/udp-socket');

exports.setup = function () {
  this.parameter('address', { type: 'string', value: '127.0.0.1' });
  this.parameter('port', { type: 'int', value: 0 });
  this.parameter('type', { type: 'string', value: 'string', options: udp.supportedReceiveTypes() });
  this.input('toSend');
  this.output('received', { spontaneous: true });
};

exports.initialize = function () {
  var socket = udp.createSocket('udp4', (data, sender) => {
    var { address, port } = JSON.parse(sender);
    this.send('received', { address, port, data });
  });
  socket.setReceiveType(this.getParameter('type'));
  socket.setSendType(this.getParameter('type'));
  socket.on('error', (error) => this.error(error.message));
  socket.bind(this.getParameter('port'), this.getParameter('address'));

  this.addInputHandler('toSend', () => {
    var { address, port, data } = this.get('toSend');
    socket.send(data, port, address);
  });
  this.socket = socket;
};

exports.wrapup = function () {
  if (this.socket) this.socket.close();
  this.socket = null;
};
