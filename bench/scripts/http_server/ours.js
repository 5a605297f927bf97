// Answers each request with JSON, and prints the port.
'use strict';

const { HttpServer } = require('@modules/http-server');

const server = new HttpServer({
  port: 0,
  hostInterface: '127.0.0.1',
  maxConnections: 0,
  idleTimeout: 600000
});
server.on('listening', (port) => console.log(port));
server.on('request', (request) => {
  const body = JSON.stringify({ reading: 21.5, unit: 'celsius', path: request.path });
  server.respond(request.requestID, body, 200, 'application/json');
});
server.start();
