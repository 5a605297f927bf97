/**
 * Get a JSON document from a web server, once for each trigger.
 *
 * @accessor net/HttpGet
 * @parameter {string} url What to get.
 * @parameter {int} timeout Milliseconds that an answer may take.
 * @input trigger Any value: get it now.
 * @output document The document.
 * @output {string} failure Why there is none.
 */
'use strict';

var httpClient = require('@modules/http-client');

exports.setup = function () {
  this.parameter('url', { type: 'string', value: '' });
  this.parameter('timeout', { type: 'int', value: 5000 });
  this.input('trigger');
  this.output('document', { spontaneous: true });
  this.output('failure', { type: 'string', spontaneous: true });
};

exports.initialize = function () {
  this.addInputHandler('trigger', () => {
    var options = {
      url: this.getParameter('url'),
      timeout: this.getParameter('timeout'),
      keepAlive: true
    };
    var request = httpClient.get(options, (response) => {
      if (response === null) return;
      if (response.statusCode !== 200) {
        this.send('failure', 'status ' + response.statusCode);
        return;
      }
      var document;
      try {
        document = JSON.parse(response.body);
      } catch (error) {
        this.send('failure', 'no JSON: ' + error.message);
        return;
      }
      this.send('document', document);
    });
    request.on('error', (error) => this.send('failure', error.message));
  });
};
