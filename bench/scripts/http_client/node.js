// The same with Node's own client: node node.js PORT COUNT WINDOW.
'use strict';

const http = require('http');
const [port, count, window] = process.argv.slice(2).map(Number);

const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
const options = { host: '127.0.0.1', port, path: '/readings?room=12', agent };
let sent = 0;
let came = 0;
const began = Date.now();

function send() {
  sent++;
  http.get(options, (message) => {
    let body = '';
    message.on('data', (piece) => { body += piece; });
    message.on('end', () => {
      if (JSON.parse(body).reading !== 21.5) throw new Error('not that');
      came++;
      if (came === count) {
        console.log('RESULT ' + (Date.now() - began));
        agent.destroy();
      } else if (sent < count) send();
    });
  });
}

for (let i = 0; i < window; i++) send();
