/**
 * Send lines through a serial port and print what comes back; the loopback does without a device.
 *
 * @accessor serial/Echo
 * @parameter {string} port The port.
 */
'use strict';

exports.setup = function () {
  this.parameter('port', { type: 'string', value: 'loopback' });
};

exports.initialize = function () {
  var SerialPort = require('@modules/serial').SerialPort;
  var port = new SerialPort(this.getParameter('port'), this.accessorName, 2000, { baudRate: 115200 });
  this.serialPort = port;
  port.on('data', (line) => console.log('came back: ' + line));
  port.open();
  port.send(['one', 'two']);
  this.stopAt(200);
};

exports.wrapup = function () {
  this.serialPort.close();
};
