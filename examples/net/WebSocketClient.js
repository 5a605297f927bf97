/**
 * Connect to a web socket server, and pass on what comes and goes.
 *
 * @accessor net/WebSocketClient
 * @input {string} server The server's host.
 * @input {int} port The server's port; a negative one closes the connection.
 * @parameter {string} receiveType MIME type of what comes.
 * @parameter {string} sendType MIME type of what goes.
 * @parameter {int} numberOfRetries How often a failed attempt is repeated.
 * @parameter {int} timeBetweenRetries Milliseconds before each repetition.
 * @input toSend What to send; before the connection is open, it waits.
 * @output {boolean} connected Whether the connection is open.
 * @output received What came.
 */
'use strict';

var webSocketClient = require('@modules/web-socket-client');

exports.setup = function () {
  this.input('server', { type: 'string', value: 'localhost' });
  this.input('port', { type: 'int', value: -1 });
  this.input('toSend');
  this.parameter('receiveType', { type: 'string', value: 'application/json' });
  this.parameter('sendType', { type: 'string', value: 'application/json' });
  this.parameter('numberOfRetries', { type: 'int', value: 5 });
  this.parameter('timeBetweenRetries', { type: 'int', value: 500 });
  this.output('connected', { type: 'boolean', spontaneous: true });
  this.output('received', { spontaneous: true });
};

exports.initialize = function () {
  this.client = null;
  this.early = [];
  this.addInputHandler('server', exports.connect.bind(this));
  this.addInputHandler('port', exports.connect.bind(this));
  this.addInputHandler('toSend', () => {
    var value = this.get('toSend');
    if (value === null) return;
    if (this.client) this.client.send(value);
    else this.early.push(value);
  });
  exports.connect.call(this);
};

exports.connect = function () {
  exports.wrapup.call(this);
  if (this.get('port') < 0) return;
  var client = new webSocketClient.Client({
    host: this.get('server'),
    port: this.get('port'),
    receiveType: this.getParameter('receiveType'),
    sendType: this.getParameter('sendType'),
    numberOfRetries: this.getParameter('numberOfRetries'),
    timeBetweenRetries: this.getParameter('timeBetweenRetries')
  });
  client.on('open', () => this.send('connected', true));
  client.on('message', (message) => this.send('received', message));
  client.on('error', (error) => this.error(error.message || String(error)));
  client.on('close', () => {
    if (this.client !== client) return;
    this.client = null;
    this.send('connected', false);
  });
  client.open();
  this.client = client;
  this.early.splice(0).forEach((value) => client.send(value));
};

exports.wrapup = function () {
  var client = this.client;
  this.client = null;
  if (client) client.close();
};
