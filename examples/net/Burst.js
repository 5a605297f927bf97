/**
 * Send numbered messages to a server that echoes, and stop when all have come back in order.
 *
 * @accessor net/Burst
 */
'use strict';

exports.setup = function () {
  var client = this.instantiate('Client', 'net/WebSocketClient');
  client.setDefault('port', 8080);

  var counter = this.instantiateFromCode('Counter', `
    exports.setup = function () {
      this.parameter('count', { type: 'int', value: 10000 });
      this.input('connected', { type: 'boolean' });
      this.input('received');
      this.output('toSend');
      this.output('summary', { type: 'string' });
    };
    exports.initialize = function () {
      var next = 0;
      var count = this.getParameter('count');
      this.addInputHandler('connected', () => {
        if (!this.get('connected')) return;
        for (var number = 0; number < count; number++) this.send('toSend', { number: number });
      });
      this.addInputHandler('received', () => {
        var number = this.get('received').number;
        if (number !== next) throw new Error('expected ' + next + ', got ' + number);
        next++;
        if (next < count) return;
        this.send('summary', next + ' messages came back in order');
        this.stop();
      });
    };
  `);

  var printer = this.instantiate('Printer', 'displays/Printer');
  printer.setParameter('title', 'burst');

  this.connect(client, 'connected', counter, 'connected');
  this.connect(client, 'received', counter, 'received');
  this.connect(counter, 'toSend', client, 'toSend');
  this.connect(counter, 'summary', printer, 'value');
};
