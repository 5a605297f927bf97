// The same with mqtt.js: node node.js PORT QOS COUNT WINDOW.
'use strict';

const mqtt = require('mqtt');
const [port, qos, count, window] = process.argv.slice(2).map(Number);

const client = mqtt.connect('mqtt://127.0.0.1:' + port, { clientId: 'bench-' + port });
const text = 'x'.repeat(32);
let sent = 0;
let came = 0;
let began = 0;

function send() {
  while (sent < count && sent - came < window) {
    sent++;
    client.publish('bench/' + port, text, { qos });
  }
}

client.on('message', (topic, data) => {
  // A script gets a text.
  if (topic === 'bench/ready') {
    began = Date.now();
    send();
    return;
  }
  if (data.toString() === text) came++;
  if (came === count) {
    console.log('RESULT ' + (Date.now() - began));
    client.end();
  } else if (sent - came <= window / 2) send();
});
client.on('connect', () => {
  client.subscribe(['bench/' + port, 'bench/ready'], { qos }, () => {
    client.publish('bench/ready', 'yes', { qos });
  });
});
