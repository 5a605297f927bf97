/**
 * Print 0, 10, 20, 30 and stop.
 *
 * @accessor ramp/RampToPrinter
 */
'use strict';

exports.setup = function () {
  var ramp = this.instantiate('Ramp', 'sources/Ramp');
  ramp.setParameter('period', 100);

  // A small accessor of our own: what belongs to this composite alone can stand in it.
  var gain = this.instantiateFromCode('Gain', `
    exports.setup = function () {
      this.input('in', { type: 'number' });
      this.output('out', { type: 'number' });
    };
    exports.fire = function () {
      if (this.get('in') !== null) this.send('out', 10 * this.get('in'));
    };
  `);

  var printer = this.instantiate('Printer', 'displays/Printer');
  printer.setParameter('title', 'ramp');

  this.connect(ramp, 'count', gain, 'in');
  this.connect(gain, 'out', printer, 'value');
};

exports.initialize = function () {
  // The fourth number is due at the same time; it comes first.
  this.stopAt(400);
};
