/**
 * Play a tone, and print how loud it is meanwhile.
 *
 * @accessor sound/Beep
 */
'use strict';

exports.setup = function () {
  var beeper = this.instantiate('Beeper', 'sound/Beeper');
  var meter = this.instantiate('LevelMeter', 'sound/LevelMeter');
  var played = this.instantiate('Played', 'displays/Printer');
  var level = this.instantiate('Level', 'displays/Printer');
  played.setParameter('title', 'played');
  level.setParameter('title', 'level');
  this.connect(beeper, 'accepted', played, 'value');
  this.connect(meter, 'level', level, 'value');
};

exports.initialize = function () {
  this.stopAt(500);
};
