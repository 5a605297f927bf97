// An echo server whose handler computes for a while, so that the client's work is next to nothing.
'use strict';
const { Server } = require('@modules/web-socket-server');

const server = new Server({ hostInterface: '127.0.0.1', port: 0 });
server.on('listening', (port) => console.log('listening', port));
server.on('connection', (socket) => {
  socket.on('message', (message) => {
    let sum = 0;
    for (let i = 0; i < 10000; i++) sum = (sum * 31 + i) % 65521;
    if (sum < 0) throw new Error('a sum that nobody reads may be left out by an engine');
    socket.send(message);
  });
});
server.start();
