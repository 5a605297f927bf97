/**
 * Count: send a number in every period, each larger than the one before.
 *
 * @accessor sources/Ramp
 * @parameter {number} initial The first number.
 * @parameter {number} step What is added in every period.
 * @parameter {number} period Milliseconds from one number to the next.
 * @output {number} count The numbers.
 */
'use strict';

exports.setup = function () {
  this.parameter('initial', { type: 'number', value: 0 });
  this.parameter('step', { type: 'number', value: 1 });
  this.parameter('period', { type: 'number', value: 1000 });
  this.output('count', { type: 'number', spontaneous: true });
};

exports.initialize = function () {
  var next = this.getParameter('initial');
  setInterval(() => {
    this.send('count', next);
    next += this.getParameter('step');
  }, this.getParameter('period'));
};
