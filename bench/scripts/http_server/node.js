// The same with Node's own server, which has no body unless it is collected.
'use strict';

const http = require('http');

const server = http.createServer((request, response) => {
  let content = '';
  request.on('data', (piece) => { content += piece; });
  request.on('end', () => {
    const path = request.url.split('?')[0];
    const body = JSON.stringify({ reading: 21.5, unit: 'celsius', path });
    response.setHeader('Content-Type', 'application/json');
    response.end(body);
  });
});
server.keepAliveTimeout = 600000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
