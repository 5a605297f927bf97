/**
 * Serve HTTP: tell of each request, and answer it with what comes in return.
 *
 * @accessor net/WebServer
 * @parameter {string} hostInterface The address to listen at.
 * @parameter {int} port The port; 0 for any that is free.
 * @input response `{requestID, body, status}`: the answer to a request.
 * @output {int} listening The port, once clients can connect.
 * @output request `{requestID, method, path, body}` of each request.
 */
'use strict';

var httpServer = require('@modules/http-server');

exports.setup = function () {
  this.parameter('hostInterface', { type: 'string', value: 'localhost' });
  this.parameter('port', { type: 'int', value: 8080 });
  this.input('response');
  this.output('listening', { type: 'int', spontaneous: true });
  this.output('request', { spontaneous: true });
};

exports.initialize = function () {
  var server = new httpServer.HttpServer({
    hostInterface: this.getParameter('hostInterface'),
    port: this.getParameter('port')
  });
  server.on('listening', (port) => this.send('listening', port));
  server.on('error', (error) => this.error(error.message));
  server.on('request', ({ requestID, method, path, body }) => {
    this.send('request', { requestID, method, path, body });
  });
  server.start();

  this.addInputHandler('response', () => {
    var { requestID, body, status } = this.get('response');
    server.respond(requestID, body, status === undefined ? 200 : status);
  });
  this.server = server;
};

exports.wrapup = function () {
  if (this.server) this.server.stop();
  this.server = null;
};
