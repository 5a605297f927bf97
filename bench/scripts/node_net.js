// The same for Node's own net and dgram: text comes and goes, as it does here.
'use strict';

exports.tcp = function tcp() {
  const server = require('net').createServer({ noDelay: true }, (socket) => {
    socket.setEncoding('utf8');
    socket.on('data', (data) => socket.write(data));
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1', () => console.log('listening', server.address().port));
};

exports.udp = function udp() {
  const socket = require('dgram').createSocket('udp4');
  socket.on('message', (data, { port, address }) => socket.send(data.toString(), port, address));
  socket.bind(0, '127.0.0.1', () => console.log('listening', socket.address().port));
};
