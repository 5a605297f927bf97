/**
 * A page and its web socket on one port: each page shows how many there are.
 *
 * It listens at port 8080; `--set Dashboard.port=0` takes any that is free.
 *
 * @accessor web/Dashboard
 * @parameter {int} port Where to listen.
 */
'use strict';

var { HttpServer } = require('@modules/http-server');
var { Server } = require('@modules/web-socket-server');

var PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Dashboard</title>
<p>pages: <b id="count">?</b></p>
<script>
  new WebSocket('ws://' + location.host + '/live').onmessage = (event) => {
    document.getElementById('count').textContent = JSON.parse(event.data);
  };
</script>
`;

exports.setup = function () {
  this.parameter('port', { type: 'int', value: 8080 });
};

exports.initialize = function () {
  var pages = 0;
  var http = (this.http = new HttpServer({ port: this.getParameter('port') }));
  var sockets = new Server({ httpServer: http, path: '/live' });
  http.on('listening', (port) => console.log('open http://localhost:' + port + '/'));
  http.on('request', (request) => {
    if (request.path === '/') http.respond(request.requestID, PAGE);
    else http.respond(request.requestID, 'There is no such page.\n', 404, 'text/plain');
  });
  sockets.on('connection', (socket) => {
    sockets.broadcast(++pages);
    socket.on('close', () => sockets.broadcast(--pages));
  });
  sockets.start();
  http.start();
};

exports.wrapup = function () {
  this.http.stop();
};
