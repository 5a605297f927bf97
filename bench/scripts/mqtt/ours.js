// Publishes COUNT messages, and counts those that come back. See bench/mqtt.py.
'use strict';

const mqtt = require('@modules/mqtt');
const [port, qos, count, window] = PLACE;

const options = { maxQueuedMessages: count, maxInflight: 1000, clientId: 'bench-' + port };
const client = mqtt.createClient(port, '127.0.0.1', options);
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

client.on('message', (topic) => {
  if (topic === 'bench/ready') {
    began = Date.now();
    send();
    return;
  }
  came++;
  if (came === count) {
    console.log('RESULT ' + (Date.now() - began));
    client.end();
  } else if (sent - came <= window / 2) send();
});
client.on('connect', () => {
  client.subscribe('bench/' + port, { qos });
  client.subscribe('bench/ready', { qos });
  client.publish('bench/ready', 'yes', { qos });
});
client.start();
