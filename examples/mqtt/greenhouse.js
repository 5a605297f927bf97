// A greenhouse publishes its temperature once a second, and obeys a heater's switch. Needs a broker:
//   mosquitto -p 1883 &
//   accessor-host run examples/mqtt/greenhouse.js
// and, elsewhere: mosquitto_sub -t 'greenhouse/#' -v
//                 mosquitto_pub -t greenhouse/heater -m on
'use strict';

const mqtt = require('@modules/mqtt');

const client = mqtt.createClient(1883, 'localhost', {
  clientId: 'greenhouse',
  will: { topic: 'greenhouse/status', message: 'lost', qos: 1, retain: true }
});

let celsius = 18;
let heats = false;

client.subscribe('greenhouse/heater', { qos: 1 });
client.on('connect', () => {
  console.log('connected');
  client.publish('greenhouse/status', 'there', { qos: 1, retain: true });
});
client.on('message', (topic, data) => {
  heats = data === 'on';
  console.log('the heater is', data);
});
client.on('error', (error) => console.log(error.message));
client.start();

setInterval(() => {
  celsius += heats ? 0.5 : -0.1;
  if (client.connected) client.publish('greenhouse/celsius', celsius.toFixed(1));
}, 1000);
