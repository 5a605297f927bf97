/**
 * Send every message back to the client that it came from.
 *
 * @accessor net/Echo
 */
'use strict';

exports.setup = function () {
  var server = this.instantiate('Server', 'net/WebSocketServer');
  var printer = this.instantiate('Printer', 'displays/Printer');
  printer.setParameter('title', 'listening on port');
  this.connect(server, 'listening', printer, 'value');

  // A loop: it needs an output that is spontaneous, and those of the server are.
  this.connect(server, 'received', server, 'toSend');
};
