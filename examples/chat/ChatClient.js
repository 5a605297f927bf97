/**
 * A guest of the chat room who says a few words, waits for them to come back, and leaves.
 *
 * @accessor chat/ChatClient
 */
'use strict';

exports.setup = function () {
  var client = this.instantiate('Client', 'net/WebSocketClient');
  client.setDefault('port', 8080);

  var guest = this.instantiateFromCode('Guest', `
    exports.setup = function () {
      this.parameter('text', { type: 'string', value: 'Hello, everybody' });
      this.input('connected', { type: 'boolean' });
      this.input('received');
      this.output('toSend');
      this.output('heard');
    };
    exports.initialize = function () {
      this.addInputHandler('connected', () => {
        if (this.get('connected')) this.send('toSend', this.getParameter('text'));
      });
      this.addInputHandler('received', () => {
        var message = this.get('received');
        this.send('heard', message);
        if (message.text === this.getParameter('text')) this.stop();
      });
    };
  `);

  var printer = this.instantiate('Printer', 'displays/Printer');
  printer.setParameter('title', 'heard');

  this.connect(client, 'connected', guest, 'connected');
  this.connect(client, 'received', guest, 'received');
  this.connect(guest, 'toSend', client, 'toSend');
  this.connect(guest, 'heard', printer, 'value');
};
