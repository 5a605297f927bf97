/**
 * Serve a page and its web socket on one port; every client gets the newest values, and new ones.
 *
 * @accessor weather/Page
 * @parameter {int} port The port; 0 for any that is free.
 * @parameter {string} folder Where the files of the page are.
 * @input value `{name, value}`: shown on every page.
 * @output {int} listening The port, once clients can connect.
 */
'use strict';

var httpServer = require('@modules/http-server');
var webSocketServer = require('@modules/web-socket-server');

exports.setup = function () {
  this.parameter('port', { type: 'int', value: 8082 });
  this.parameter('folder', { type: 'string', value: 'examples/weather/www' });
  this.input('value');
  this.output('listening', { type: 'int', spontaneous: true });
};

exports.initialize = function () {
  var newest = new Map();
  var sockets = new Set();

  var server = new httpServer.HttpServer({
    port: this.getParameter('port'),
    static: this.getParameter('folder')
  });
  server.on('listening', (port) => {
    console.log('weather dashboard: http://localhost:' + port + '/');
    this.send('listening', port);
  });
  server.on('error', (error) => this.error(error.message));

  var live = new webSocketServer.Server({ httpServer: server });
  live.on('connection', (socket) => {
    sockets.add(socket);
    newest.forEach((value) => socket.send(value));
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', (error) => this.error(error.message));
  });
  live.on('error', (error) => this.error(error.message));

  live.start();
  server.start();

  this.addInputHandler('value', () => {
    var value = this.get('value');
    newest.set(value.name, value);
    sockets.forEach((socket) => socket.send(value));
  });
  this.servers = [live, server];
};

exports.wrapup = function () {
  (this.servers || []).forEach((server) => server.stop());
  this.servers = null;
};
