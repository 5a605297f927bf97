// An echo server of Node with ws itself, for what the module of npm has no option:
// node node_ws.js [KEY CERTIFICATE].
'use strict';
const fs = require('fs');
const http = require('http');
const https = require('https');
const { WebSocketServer } = require('ws');

const [key, certificate] = process.argv.slice(2);
const server = key
  ? https.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(certificate) })
  : http.createServer();
const sockets = new WebSocketServer({
  server,
  perMessageDeflate: true,
  maxPayload: 16 * 1024 * 1024,
});
sockets.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (data) => socket.send(data.toString()));
});
server.on('tlsClientError', () => {});
server.listen(0, '127.0.0.1', () => console.log('listening', server.address().port));
