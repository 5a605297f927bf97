/**
 * Publish at a broker.
 *
 * @accessor net/MqttPublisher
 * @parameter {string} host The broker.
 * @parameter {int} port Its port.
 * @parameter {string} topic Where to publish.
 * @parameter {boolean} retain Whether the broker keeps the newest message for later subscribers.
 * @input toSend What to publish, as JSON; before the broker is there, it waits.
 */
'use strict';

var mqtt = require('@modules/mqtt');

exports.setup = function () {
  this.parameter('host', { type: 'string', value: 'localhost' });
  this.parameter('port', { type: 'int', value: 1883 });
  this.parameter('topic', { type: 'string', value: 'readings' });
  this.parameter('retain', { type: 'boolean', value: false });
  this.input('toSend');
};

exports.initialize = function () {
  var client = mqtt.createClient(this.getParameter('port'), this.getParameter('host'), {});
  client.on('error', (error) => this.error(error.message));
  client.start();
  this.addInputHandler('toSend', () => {
    var message = JSON.stringify(this.get('toSend'));
    var options = { qos: 1, retain: this.getParameter('retain') };
    client.publish(this.getParameter('topic'), message, options);
  });
  this.client = client;
};

exports.wrapup = function () {
  if (this.client) this.client.end();
  this.client = null;
};
