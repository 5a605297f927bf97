/**
 * Accept web socket connections, and pass on what comes and goes.
 *
 * @accessor net/WebSocketServer
 * @parameter {string} hostInterface The address to listen at.
 * @parameter {int} port The port; 0 for any that is free.
 * @parameter {string} receiveType MIME type of what comes.
 * @parameter {string} sendType MIME type of what goes.
 * @input toSend What to send: `{socketID, message}` to one client, anything else to all.
 * @output {int} listening The port, once clients can connect.
 * @output connection `{socketID, status}`, the status `open` or `closed`, of each client.
 * @output received `{socketID, message}` of each message.
 */
'use strict';

var webSocketServer = require('@modules/web-socket-server');

exports.setup = function () {
  var receiveTypes = webSocketServer.supportedReceiveTypes();
  var sendTypes = webSocketServer.supportedSendTypes();
  this.parameter('hostInterface', { type: 'string', value: 'localhost' });
  this.parameter('port', { type: 'int', value: 8080 });
  this.parameter('receiveType', {
    type: 'string',
    value: 'application/json',
    options: receiveTypes
  });
  this.parameter('sendType', { type: 'string', value: 'application/json', options: sendTypes });
  this.input('toSend');
  this.output('listening', { type: 'int', spontaneous: true });
  this.output('connection', { spontaneous: true });
  this.output('received', { spontaneous: true });
};

exports.initialize = function () {
  var sockets = new Map();
  var nextID = 0;
  var server = new webSocketServer.Server({
    hostInterface: this.getParameter('hostInterface'),
    port: this.getParameter('port'),
    receiveType: this.getParameter('receiveType'),
    sendType: this.getParameter('sendType')
  });
  server.on('listening', (port) => this.send('listening', port));
  server.on('error', (error) => this.error(error.message));
  server.on('connection', (socket) => {
    var socketID = nextID++;
    sockets.set(socketID, socket);
    this.send('connection', { socketID, status: 'open' });
    socket.on('message', (message) => this.send('received', { socketID, message }));
    socket.on('error', (error) => this.error('client ' + socketID + ': ' + error.message));
    socket.on('close', () => {
      sockets.delete(socketID);
      this.send('connection', { socketID, status: 'closed' });
    });
  });
  server.start();

  this.addInputHandler('toSend', () => {
    var value = this.get('toSend');
    if (value === null) return;
    if (isAddressed(value)) {
      if (sockets.has(value.socketID)) sockets.get(value.socketID).send(value.message);
      return;
    }
    sockets.forEach((socket) => socket.send(value));
  });

  this.server = server;
};

exports.wrapup = function () {
  if (this.server) this.server.stop();
  this.server = null;
};

function isAddressed(value) {
  return typeof value === 'object' && Number.isInteger(value.socketID) && value.message !== undefined;
}
