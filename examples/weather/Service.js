/**
 * A small weather service on HTTP: `GET /stations/NAME` answers with the readings of a station.
 *
 * It listens at port 8081; `--set Service.port=0` takes any that is free.
 *
 * @accessor weather/Service
 * @parameter {int} port The port; 0 for any that is free.
 * @output {int} listening The port, once clients can connect.
 */
'use strict';

var httpServer = require('@modules/http-server');

var STATIONS = { harbour: { temperature: 14.5, wind: 22 }, summit: { temperature: -3, wind: 61 } };

exports.setup = function () {
  this.parameter('port', { type: 'int', value: 8081 });
  this.output('listening', { type: 'int', spontaneous: true });
};

exports.initialize = function () {
  var server = new httpServer.HttpServer({ port: this.getParameter('port') });
  server.on('listening', (port) => {
    console.log('weather service: listening on port', port);
    this.send('listening', port);
  });
  server.on('error', (error) => this.error(error.message));
  server.on('request', (request) => {
    var name = /^\/stations\/(\w+)$/.exec(request.path);
    var station = name && Object.keys(STATIONS).includes(name[1]) ? STATIONS[name[1]] : null;
    if (station === null) {
      server.respond(request.requestID, 'there is no such station\n', 404);
    } else {
      server.respond(request.requestID, JSON.stringify({ station: name[1], ...station }), 200);
    }
  });
  server.start();
  this.server = server;
};

exports.wrapup = function () {
  if (this.server) this.server.stop();
  this.server = null;
};
