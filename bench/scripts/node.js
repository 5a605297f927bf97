// The same servers for Node: node node.js echo|text|broadcast|broadcast-api|heap|tcp|udp.
// The module of npm hands over bytes and sends what it gets, so that JSON is done here.
'use strict';
const kind = process.argv[2];
if (kind === 'tcp' || kind === 'udp') {
  require('./node_net.js')[kind]();
  return;
}
const { Server } = require('@accessors-modules/web-socket-server');

const sockets = new Set();
const readings = [];
if (kind === 'heap') {
  for (let id = 0; id < 100000; id++) readings.push({ id, celsius: id / 8 });
}

function echo(socket) {
  socket.on('message', (data) => socket.send(JSON.stringify(JSON.parse(data))));
}

function text(socket) {
  socket.on('message', (data) => socket.send(data.toString()));
}

function broadcast(socket) {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  socket.on('message', (data) => {
    const encoded = JSON.stringify(JSON.parse(data));
    for (const each of sockets) each.send(encoded);
  });
}

const server = new Server({ hostInterface: '127.0.0.1', port: 0 });
// It has no call for all sockets: there is nothing but the loop.
const handlers = { echo, text, broadcast, 'broadcast-api': broadcast, heap: echo };
server.on('connection', handlers[kind]);
server.start();
// It has no event of its own for this.
server.helper.on('listening', () => console.log('listening', server.helper.address().port));
// Referenced to the end, or the objects are garbage.
process.on('exit', () => readings.length);
