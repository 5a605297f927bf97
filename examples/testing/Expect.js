/**
 * Compare what arrives with what should arrive; learn it first, if wanted.
 *
 * A value that differs is an error, and so is a run that ends too early: the program then ends
 * with exit code 1.
 *
 * @accessor testing/Expect
 * @parameter {JSON} expected The values that should arrive, in order.
 * @parameter {number} tolerance How far numbers may be off.
 * @parameter {boolean} training Whether to take what arrives as what is expected, and print it.
 * @input value The values.
 * @output {boolean} done True once everything has arrived.
 */
'use strict';

exports.setup = function () {
  this.parameter('expected', { type: 'JSON', value: [] });
  this.parameter('tolerance', { type: 'number', value: 1e-9 });
  this.parameter('training', { type: 'boolean', value: false });
  this.input('value');
  this.output('done', { type: 'boolean' });
};

exports.initialize = function () {
  this.seen = [];
  this.addInputHandler('value', exports.compare.bind(this));
};

exports.compare = function () {
  var value = this.get('value');
  var index = this.seen.length;
  this.seen.push(value);
  if (this.getParameter('training')) return;
  var expected = this.getParameter('expected');
  if (index < expected.length && !isSame(value, expected[index], this.getParameter('tolerance'))) {
    var wanted = JSON.stringify(expected[index]);
    throw new Error('value ' + index + ' is ' + JSON.stringify(value) + ', expected ' + wanted);
  }
  this.send('done', index + 1 >= expected.length);
};

exports.wrapup = function () {
  if (this.getParameter('training')) {
    this.setParameter('expected', this.seen);
    console.log('learned', JSON.stringify(this.seen));
    return;
  }
  var missing = this.getParameter('expected').length - this.seen.length;
  if (missing > 0) throw new Error(missing + ' expected values did not arrive');
};

function isSame(value, expected, tolerance) {
  if (typeof value === 'number' && typeof expected === 'number') {
    return Math.abs(value - expected) <= tolerance;
  }
  return JSON.stringify(value) === JSON.stringify(expected);
}
