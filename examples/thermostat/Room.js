/**
 * A room that cools down, and warms up while it is heated.
 *
 * @accessor thermostat/Room
 * @parameter {number} outside Degrees Celsius outside.
 * @parameter {number} start Degrees Celsius in the room at the beginning.
 * @parameter {number} period Milliseconds between two readings.
 * @input {boolean} heating Whether the heating is on.
 * @output {number} temperature Degrees Celsius in the room.
 */
'use strict';

exports.setup = function () {
  this.parameter('outside', { type: 'number', value: 5 });
  this.parameter('start', { type: 'number', value: 18 });
  this.parameter('period', { type: 'number', value: 1000 });
  this.input('heating', { type: 'boolean', value: false });
  this.output('temperature', { type: 'number', spontaneous: true });
};

exports.initialize = function () {
  var temperature = this.getParameter('start');
  var heating = false;
  this.addInputHandler('heating', () => {
    heating = this.get('heating');
  });
  setInterval(() => {
    temperature += 0.02 * (this.getParameter('outside') - temperature) + (heating ? 1 : 0);
    this.send('temperature', Math.round(temperature * 100) / 100);
  }, this.getParameter('period'));
};
