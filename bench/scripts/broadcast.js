// Sends every JSON value to all that are connected.
'use strict';
const { Server } = require('@modules/web-socket-server');

const sockets = new Set();
const server = new Server({ hostInterface: '127.0.0.1', port: 0 });
server.on('listening', (port) => console.log('listening', port));
server.on('connection', (socket) => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  socket.on('message', (message) => {
    for (const each of sockets) each.send(message);
  });
});
server.start();
