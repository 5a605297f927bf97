/**
 * Switch the heating so that the room keeps its temperature.
 *
 * @accessor thermostat/Controller
 * @parameter {number} tolerance Degrees around the wanted temperature in which nothing changes.
 * @input {number} temperature Degrees Celsius in the room.
 * @input {number} wanted Degrees Celsius that are wanted.
 * @output {boolean} heating Whether to heat; sent when it changes.
 */
'use strict';

exports.setup = function () {
  this.parameter('tolerance', { type: 'number', value: 0.5 });
  this.input('temperature', { type: 'number' });
  this.input('wanted', { type: 'number' });
  this.output('heating', { type: 'boolean' });
};

exports.initialize = function () {
  var wanted = 20;
  var heating = false;
  this.addInputHandler('wanted', () => {
    wanted = this.get('wanted');
  });
  this.addInputHandler('temperature', () => {
    var off = this.get('temperature') - wanted;
    var tolerance = this.getParameter('tolerance');
    var heat = heating ? off < tolerance : off < -tolerance;
    if (heat !== heating) this.send('heating', heat);
    heating = heat;
  });
};
