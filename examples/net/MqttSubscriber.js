/**
 * Receive what is published at a broker.
 *
 * @accessor net/MqttSubscriber
 * @parameter {string} host The broker.
 * @parameter {int} port Its port.
 * @parameter {string} topic What to subscribe to; may hold wildcards.
 * @output {boolean} connected Whether the broker is there.
 * @output message `{topic, data}` of each message; data is parsed if it is JSON.
 */
'use strict';

var mqtt = require('@modules/mqtt');

exports.setup = function () {
  this.parameter('host', { type: 'string', value: 'localhost' });
  this.parameter('port', { type: 'int', value: 1883 });
  this.parameter('topic', { type: 'string', value: '#' });
  this.output('connected', { type: 'boolean', spontaneous: true });
  this.output('message', { spontaneous: true });
};

exports.initialize = function () {
  var client = mqtt.createClient(this.getParameter('port'), this.getParameter('host'), {});
  client.on('connect', () => {
    client.subscribe(this.getParameter('topic'), { qos: 1 });
    this.send('connected', true);
  });
  client.on('message', (topic, data) => this.send('message', { topic, data: parsed(data) }));
  client.on('close', () => this.send('connected', false));
  client.on('error', (error) => this.error(error.message));
  client.start();
  this.client = client;
};

exports.wrapup = function () {
  if (this.client) this.client.end();
  this.client = null;
};

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    return text;
  }
}
