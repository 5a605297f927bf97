// As echo.js, and decides who may connect.
'use strict';
const { Server } = require('@modules/web-socket-server');

function verifyClient(request) {
  return request.headers.host === undefined ? false : { data: { path: request.path } };
}

const server = new Server({ hostInterface: '127.0.0.1', port: 0, verifyClient });
server.on('listening', (port) => console.log('listening', port));
server.on('connection', (socket) => {
  socket.on('message', (message) => socket.send(message));
});
server.start();
