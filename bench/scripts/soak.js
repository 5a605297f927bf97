// Answers each message after as long as it says, and stores what it is told to.
'use strict';
const { Server } = require('@modules/web-socket-server');
const storage = require('@modules/local-storage');

const KEYS = 50;

storage.initSync({ dir: STORE });
// Flooding and broken clients are seen within seconds, not minutes.
const server = new Server({
  hostInterface: '127.0.0.1',
  port: 0,
  compression: true,
  maxMessageSize: 1024 * 1024,
  openingTimeout: 2000,
  closingTimeout: 2000,
  pingInterval: 1000,
});

function answer(socket, message) {
  // One that never rings.
  clearTimeout(setTimeout(() => socket.close(), 60000));
  if (typeof message.store === 'string') {
    const key = 'key-' + (message.id % KEYS);
    storage.setItem(key, message.store);
    message.store = storage.getItem(key);
  }
  if (message.after > 0) setTimeout(() => socket.send(message), message.after);
  else socket.send(message);
}

server.on('listening', (port) => console.log('listening', port));
server.on('connection', (socket) => {
  socket.on('message', (message) => answer(socket, message));
  socket.on('error', () => {});
});
server.start();
