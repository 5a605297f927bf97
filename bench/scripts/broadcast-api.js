// Sends every JSON value to all that are connected, in one call.
'use strict';
const { Server } = require('@modules/web-socket-server');

const server = new Server({ hostInterface: '127.0.0.1', port: 0 });
server.on('listening', (port) => console.log('listening', port));
server.on('connection', (socket) => {
  socket.on('message', (message) => server.broadcast(message));
});
server.start();
