/**
 * Accept connections over TCP, and pass on the messages that come and go.
 *
 * @accessor net/TcpServer
 * @parameter {string} hostInterface The address to listen at.
 * @parameter {int} port The port; 0 for any that is free.
 * @parameter {string} type Type of the messages, as at the other end.
 * @input toSend `{socketID, message}`: what to send to whom.
 * @output {int} listening The port, once clients can connect.
 * @output received `{socketID, message}` of each message.
 */
'use strict';

var socket = require('@modules/socket');

exports.setup = function () {
  this.parameter('hostInterface', { type: 'string', value: 'localhost' });
  this.parameter('port', { type: 'int', value: 4000 });
  this.parameter('type', {
    type: 'string',
    value: 'string',
    options: socket.supportedReceiveTypes()
  });
  this.input('toSend');
  this.output('listening', { type: 'int', spontaneous: true });
  this.output('received', { spontaneous: true });
};

exports.initialize = function () {
  var sockets = new Map();
  var nextID = 0;
  var server = new socket.SocketServer({
    hostInterface: this.getParameter('hostInterface'),
    port: this.getParameter('port'),
    rawBytes: false,
    receiveType: this.getParameter('type'),
    sendType: this.getParameter('type')
  });
  server.on('listening', (port) => this.send('listening', port));
  server.on('error', (error) => this.error(error.message));
  server.on('connection', (client) => {
    var socketID = nextID++;
    sockets.set(socketID, client);
    client.on('data', (message) => this.send('received', { socketID, message }));
    client.on('error', (error) => this.error('client ' + socketID + ': ' + error.message));
    client.on('close', () => sockets.delete(socketID));
  });
  server.start();

  this.addInputHandler('toSend', () => {
    var { socketID, message } = this.get('toSend');
    if (sockets.has(socketID)) sockets.get(socketID).send(message);
  });
  this.server = server;
};

exports.wrapup = function () {
  if (this.server) this.server.stop();
  this.server = null;
};
