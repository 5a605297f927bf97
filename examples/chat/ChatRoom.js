/**
 * A chat room: what one client says, all clients hear.
 *
 * It listens at port 8080; `--set ChatRoom.Server.port=0` takes any that is free.
 *
 * @accessor chat/ChatRoom
 */
'use strict';

exports.setup = function () {
  var server = this.instantiate('Server', 'net/WebSocketServer');

  var room = this.instantiateFromCode('Room', `
    exports.setup = function () {
      this.input('connection');
      this.input('received');
      this.output('toSend', { spontaneous: true });
    };
    exports.initialize = function () {
      this.addInputHandler('connection', () => {
        var change = this.get('connection');
        var event = change.status === 'open' ? 'joined' : 'left';
        this.send('toSend', { from: change.socketID, event: event });
      });
      this.addInputHandler('received', () => {
        var received = this.get('received');
        this.send('toSend', { from: received.socketID, text: String(received.message) });
      });
    };
  `);

  var printer = this.instantiate('Printer', 'displays/Printer');
  printer.setParameter('title', 'listening on port');

  this.connect(server, 'listening', printer, 'value');
  this.connect(server, 'connection', room, 'connection');
  this.connect(server, 'received', room, 'received');
  this.connect(room, 'toSend', server, 'toSend');
};
