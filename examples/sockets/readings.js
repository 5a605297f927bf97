// A sensor sends its readings over TCP, as numbers, and gets their mean.
'use strict';
const { SocketServer, SocketClient } = require('@modules/socket');

// Both ends have to agree on these.
const types = { rawBytes: false, sendType: 'number', receiveType: 'number' };

const server = new SocketServer({ ...types, port: 0, hostInterface: 'localhost' });
server.on('connection', (socket) => {
  socket.on('data', (readings) => {
    const sum = readings.reduce((total, reading) => total + reading, 0);
    socket.send(sum / readings.length);
  });
});
server.on('listening', (port) => {
  const sensor = new SocketClient(port, 'localhost', types);
  sensor.on('data', (mean) => {
    console.log('mean', mean);
    sensor.close();
    server.stop();
  });
  sensor.send([20.5, 21, 21.5]); // waits until the client is open
  sensor.open();
});
server.start();
