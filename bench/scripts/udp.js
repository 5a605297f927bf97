// Sends every datagram back, as text.
'use strict';
const { createSocket } = require('@modules/udp-socket');

const socket = createSocket('udp4', (data, sender) => {
  const { address, port } = JSON.parse(sender);
  socket.send(data, port, address);
});
socket.on('listening', () => console.log('listening', socket.address().port));
socket.bind(0, '127.0.0.1');
