// Answers requests with a text or with JSON, and prints the port.
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
  if (request.path === '/text') {
    server.respond(request.requestID, '<p>21.5 celsius');
    return;
  }
  const body = JSON.stringify({ reading: 21.5, unit: 'celsius', room: request.params.room });
  server.respond(request.requestID, body, 200, 'application/json');
});
server.start();
