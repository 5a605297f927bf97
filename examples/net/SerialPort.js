/**
 * Send through a serial port, and pass on what comes.
 *
 * @accessor net/SerialPort
 * @parameter {string} port The port; `loopback` needs no device, and gives back what it is sent.
 * @parameter {int} baudRate Bits per second.
 * @parameter {string} type Type of what goes and comes.
 * @input toSend What to send.
 * @output received What came.
 */
'use strict';

var serial = require('@modules/serial');

exports.setup = function () {
  this.parameter('port', { type: 'string', value: 'loopback' });
  this.parameter('baudRate', { type: 'int', value: 9600 });
  this.parameter('type', {
    type: 'string',
    value: 'string',
    options: serial.supportedReceiveTypes()
  });
  this.input('toSend');
  this.output('received', { spontaneous: true });
};

exports.initialize = function () {
  var port = new serial.SerialPort(this.getParameter('port'), this.accessorName, 2000, {
    baudRate: this.getParameter('baudRate'),
    receiveType: this.getParameter('type'),
    sendType: this.getParameter('type')
  });
  port.on('data', (value) => this.send('received', value));
  port.on('error', (error) => this.error(error.message));
  port.open();
  this.addInputHandler('toSend', () => port.send(this.get('toSend')));
  this.serialPort = port;
};

exports.wrapup = function () {
  if (this.serialPort) this.serialPort.close();
  this.serialPort = null;
};
