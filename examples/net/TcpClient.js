/**
 * Connect over TCP, and pass on the messages that come and go.
 *
 * @accessor net/TcpClient
 * @input {string} server The server's host.
 * @input {int} port The server's port; the client connects when it is told.
 * @parameter {string} type Type of the messages, as at the other end.
 * @input toSend What to send; before the connection is open, it waits.
 * @output {boolean} connected Whether the connection is open.
 * @output received Each message that came.
 */
'use strict';

var socket = require('@modules/socket');

exports.setup = function () {
  this.input('server', { type: 'string', value: 'localhost' });
  this.input('port', { type: 'int' });
  this.input('toSend');
  this.parameter('type', {
    type: 'string',
    value: 'string',
    options: socket.supportedReceiveTypes()
  });
  this.output('connected', { type: 'boolean', spontaneous: true });
  this.output('received', { spontaneous: true });
};

exports.initialize = function () {
  this.client = null;
  this.early = [];
  this.addInputHandler('port', exports.connect.bind(this));
  this.addInputHandler('toSend', () => {
    if (this.client) this.client.send(this.get('toSend'));
    else this.early.push(this.get('toSend'));
  });
};

exports.connect = function () {
  if (this.client) this.client.close();
  var type = this.getParameter('type');
  var options = { rawBytes: false, receiveType: type, sendType: type };
  var client = new socket.SocketClient(this.get('port'), this.get('server'), options);
  client.on('open', () => this.send('connected', true));
  client.on('data', (message) => this.send('received', message));
  client.on('close', () => this.send('connected', false));
  client.on('error', (error) => this.error(error.message));
  this.early.splice(0).forEach((value) => client.send(value));
  client.open();
  this.client = client;
};

exports.wrapup = function () {
  if (this.client) this.client.close();
  this.client = null;
};
