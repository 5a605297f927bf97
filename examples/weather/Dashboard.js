/**
 * A weather dashboard: readings of a weather service by HTTP, those of sensors by MQTT, on a page
 * that changes as they come.
 *
 * The weather service is `weather/Service`, the broker any that speaks MQTT.
 *
 * @accessor weather/Dashboard
 * @parameter {string} station URL of the station at the weather service.
 * @parameter {int} period Milliseconds between two questions to it.
 */
'use strict';

exports.setup = function () {
  this.parameter('station', { type: 'string', value: 'http://localhost:8081/stations/harbour' });
  this.parameter('period', { type: 'int', value: 1000 });

  var get = this.instantiate('Get', 'net/HttpGet');
  var sensors = this.instantiate('Sensors', 'net/MqttSubscriber');
  var page = this.instantiate('Page', 'weather/Page');
  sensors.setParameter('topic', 'sensors/+/temperature');

  var readings = this.instantiateFromCode('Readings', `
    exports.setup = function () {
      this.input('document');
      this.input('message');
      this.input('failure', { type: 'string' });
      this.output('value');
    };
    exports.initialize = function () {
      this.addInputHandler('document', () => {
        var document = this.get('document');
        this.send('value', { name: document.station, value: document.temperature + ' °C' });
      });
      this.addInputHandler('failure', () => {
        this.send('value', { name: 'weather service', value: this.get('failure') });
      });
      this.addInputHandler('message', () => {
        var message = this.get('message');
        this.send('value', { name: message.topic.split('/')[1], value: message.data + ' °C' });
      });
    };
  `);

  this.connect(get, 'document', readings, 'document');
  this.connect(get, 'failure', readings, 'failure');
  this.connect(sensors, 'message', readings, 'message');
  this.connect(readings, 'value', page, 'value');

  this.station = get;
};

exports.initialize = function () {
  this.station.setParameter('url', this.getParameter('station'));
  var ask = () => this.station.provideInput('trigger', true);
  ask();
  setInterval(ask, this.getParameter('period'));
};
