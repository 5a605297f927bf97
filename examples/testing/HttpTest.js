/**
 * Test that a client of HTTP gets the documents that a server makes for it.
 *
 * @accessor testing/HttpTest
 */
'use strict';

exports.setup = function () {
  var ramp = this.instantiate('Ramp', 'sources/Ramp');
  ramp.setParameter('period', 50);
  this.server = this.instantiate('Server', 'net/WebServer');
  this.server.setParameter('port', 0);
  this.client = this.instantiate('Get', 'net/HttpGet');
  var pages = this.instantiateFromCode('Pages', `
    exports.setup = function () { this.input('request'); this.output('response'); };
    exports.initialize = function () {
      var visits = 0;
      this.addInputHandler('request', () => {
        var { requestID, path } = this.get('request');
        this.send('response', { requestID, body: JSON.stringify([path, ++visits]) });
      });
    };
  `);
  var expect = this.instantiate('Expect', 'testing/Expect');
  expect.setParameter('expected', [
    ['/visits', 1],
    ['/visits', 2],
    ['/visits', 3]
  ]);
  var stop = this.instantiate('Stop', 'testing/Stop');

  this.connect(ramp, 'count', this.client, 'trigger');
  this.connect(this.server, 'request', pages, 'request');
  this.connect(pages, 'response', this.server, 'response');
  this.connect(this.client, 'document', expect, 'value');
  this.connect(expect, 'done', stop, 'stop');
};

exports.initialize = function () {
  this.server.on('output', (name, value) => {
    if (name === 'listening') {
      this.client.setParameter('url', 'http://localhost:' + value + '/visits');
    }
  });
  this.stopAt(5000);
};
