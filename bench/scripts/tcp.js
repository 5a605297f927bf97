// Sends all text back, over TCP.
'use strict';
const { SocketServer } = require('@modules/socket');

const server = new SocketServer({ hostInterface: '127.0.0.1', port: 0 });
server.on('listening', (port) => console.log('listening', port));
server.on('connection', (socket) => socket.on('data', (data) => socket.send(data)));
server.start();
