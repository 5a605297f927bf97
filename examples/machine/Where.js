/**
 * Say what machine this is and where it stands, once for each trigger.
 *
 * @accessor machine/Where
 * @input trigger Any value.
 * @output {JSON} place The name of the machine, and its latitude and longitude if they are known.
 */
'use strict';

var os = require('@modules/os');
var geolocation = require('@modules/geolocation');

exports.setup = function () {
  this.input('trigger');
  this.output('place', { type: 'JSON', spontaneous: true });
};

exports.initialize = function () {
  this.addInputHandler('trigger', () => {
    var place = { host: os.hostname() };
    geolocation.getPosition(
      (at) => {
        place.latitude = at.latitude;
        place.longitude = at.longitude;
        this.send('place', place);
      },
      () => this.send('place', place)
    );
  });
};
