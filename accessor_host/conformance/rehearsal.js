'use strict';

// What a warm host runs once to learn what scripts make it import: one message, both ways.

const { Server } = require('@modules/web-socket-server');
const { Client } = require('@modules/web-socket-client');

const server = new Server({ port: 0, hostInterface: '127.0.0.1' });
server.on('connection', (socket) => {
  socket.on('message', (message) => socket.send(message));
});
server.on('listening', (port) => {
  const client = new Client({ host: '127.0.0.1', port });
  client.on('message', () => {
    client.close();
    server.stop();
  });
  client.send('rehearsal');
  client.open();
});
server.start();
