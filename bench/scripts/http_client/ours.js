// GET requests with some under way at any time: PLACE is [PORT, COUNT, WINDOW].
'use strict';

const http = require('@modules/http-client');
const [port, count, window] = PLACE;

const options = { url: 'http://127.0.0.1:' + port + '/readings?room=12', keepAlive: true };
let sent = 0;
let came = 0;
const began = Date.now();

function send() {
  sent++;
  http.get(options, (message) => {
    if (message === null || JSON.parse(message.body).reading !== 21.5) throw new Error('not that');
    came++;
    if (came === count) console.log('RESULT ' + (Date.now() - began));
    else if (sent < count) send();
  });
}

for (let i = 0; i < window; i++) send();
