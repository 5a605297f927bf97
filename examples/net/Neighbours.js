/**
 * List the machines in the network of this one, once for each trigger.
 *
 * @accessor net/Neighbours
 * @input trigger Any value.
 * @output {JSON} machines An array of objects with IPAddress, name and mac.
 */
'use strict';

var DiscoveryService = require('@modules/discovery').DiscoveryService;

exports.setup = function () {
  this.input('trigger');
  this.output('machines', { type: 'JSON', spontaneous: true });
};

exports.initialize = function () {
  var service = new DiscoveryService();
  service.on('error', (error) => console.log('no sweep: ' + error.message));
  this.addInputHandler('trigger', () => {
    service.discoverDevices(service.getHostAddress(), 'ping', (found) => {
      this.send('machines', found);
    });
  });
};
