/**
 * A panel in the browser: a clock, and a button.
 *
 * It listens at port 8089; `--set Panel.port=0` takes any that is free.
 *
 * @accessor web/Panel
 * @parameter {int} port Where to listen.
 */
'use strict';

var { UserInterface } = require('@modules/user-interface');

var CONTENT = `<p>running for <b id="seconds">0</b> seconds</p>
<button onclick="fetch('/', { method: 'POST', body: 'pressed' })">Press</button>`;

exports.setup = function () {
  this.parameter('port', { type: 'int', value: 8089 });
};

exports.initialize = function () {
  var panel = (this.panel = new UserInterface({ port: this.getParameter('port') }));
  var seconds = 0;
  panel.addListener('/', (body) => console.log('the button was', body));
  panel.display(CONTENT);
  this.timer = setInterval(() => panel.update('seconds', 'html', String(++seconds)), 1000);
};

exports.wrapup = function () {
  clearInterval(this.timer);
  this.panel.stop();
};
