/**
 * A heated room on the network: clients see the temperature, and say which one they want.
 *
 * It listens at port 8080; `--set Thermostat.Server.port=0` takes any that is free.
 *
 * @accessor thermostat/Thermostat
 */
'use strict';

exports.setup = function () {
  var room = this.instantiate('Room', 'thermostat/Room');
  var controller = this.instantiate('Controller', 'thermostat/Controller');
  var server = this.instantiate('Server', 'net/WebSocketServer');

  // Messages are {"wanted": degrees}.
  var wanted = this.instantiateFromCode('Wanted', `
    exports.setup = function () {
      this.input('received');
      this.output('wanted', { type: 'number' });
    };
    exports.fire = function () {
      var received = this.get('received');
      if (received && received.message && typeof received.message.wanted === 'number') {
        this.send('wanted', received.message.wanted);
      }
    };
  `);

  // What all clients get: {"temperature": degrees, "heating": whether}.
  var report = this.instantiateFromCode('Report', `
    exports.setup = function () {
      this.input('temperature', { type: 'number' });
      this.input('heating', { type: 'boolean' });
      this.output('report');
    };
    exports.initialize = function () {
      this.heating = false;
      this.addInputHandler('heating', () => { this.heating = this.get('heating'); });
    };
    exports.fire = function () {
      var temperature = this.get('temperature');
      if (temperature !== null) this.send('report', { temperature, heating: this.heating });
    };
  `);

  this.connect(room, 'temperature', controller, 'temperature');
  this.connect(room, 'temperature', report, 'temperature');
  this.connect(controller, 'heating', room, 'heating');
  this.connect(controller, 'heating', report, 'heating');
  this.connect(server, 'received', wanted, 'received');
  this.connect(wanted, 'wanted', controller, 'wanted');
  this.connect(report, 'report', server, 'toSend');

  var printer = this.instantiate('Printer', 'displays/Printer');
  printer.setParameter('title', 'listening on port');
  this.connect(server, 'listening', printer, 'value');
};
