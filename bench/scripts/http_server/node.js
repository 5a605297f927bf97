// The same with Node's own server, which collects no body and parses no query by itself.
'use strict';

const http = require('http');

const server = http.createServer((request, response) => {
  let content = '';
  request.on('data', (piece) => { content += piece; });
  request.on('end', () => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    if (pathname === '/text') {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end('<p>21.5 celsius');
      return;
    }
    const room = searchParams.get('room');
    const body = JSON.stringify({ reading: 21.5, unit: 'celsius', room });
    response.setHeader('Content-Type', 'application/json');
    response.end(body);
  });
});
server.keepAliveTimeout = 600000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
