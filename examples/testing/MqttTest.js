/**
 * Test that numbers go through a broker, which has to run: `mosquitto -p 1883`.
 *
 * For another one: `--set MqttTest.Publisher.port=P --set MqttTest.Subscriber.port=P`.
 *
 * @accessor testing/MqttTest
 */
'use strict';

exports.setup = function () {
  var ramp = this.instantiate('Ramp', 'sources/Ramp');
  ramp.setParameter('period', 50);
  var publisher = this.instantiate('Publisher', 'net/MqttPublisher');
  var subscriber = this.instantiate('Subscriber', 'net/MqttSubscriber');
  publisher.setParameter('topic', 'readings');
  subscriber.setParameter('topic', '+');
  // The first number goes off once somebody listens.
  var gate = this.instantiateFromCode('Gate', `
    exports.setup = function () {
      this.input('open', { type: 'boolean' });
      this.input('value');
      this.output('value');
    };
    exports.initialize = function () {
      var next = 0;
      var isOpen = false;
      this.addInputHandler('open', () => { isOpen = this.get('open'); });
      this.addInputHandler('value', () => { if (isOpen) this.send('value', next++); });
    };
  `);
  var read = this.instantiateFromCode('Read', `
    exports.setup = function () { this.input('message'); this.output('value'); };
    exports.initialize = function () {
      this.addInputHandler('message', () => this.send('value', this.get('message').data));
    };
  `);
  var expect = this.instantiate('Expect', 'testing/Expect');
  expect.setParameter('expected', [0, 1, 2]);
  var stop = this.instantiate('Stop', 'testing/Stop');

  this.connect(subscriber, 'connected', gate, 'open');
  this.connect(ramp, 'count', gate, 'value');
  this.connect(gate, 'value', publisher, 'toSend');
  this.connect(subscriber, 'message', read, 'message');
  this.connect(read, 'value', expect, 'value');
  this.connect(expect, 'done', stop, 'stop');
};

exports.initialize = function () {
  this.stopAt(5000);
};
