/**
 * Print what machine this is, and where it stands.
 *
 * @accessor machine/PrintPlace
 */
'use strict';

exports.setup = function () {
  var button = this.instantiateFromCode('Button', `
    exports.setup = function () {
      this.output('pressed', { spontaneous: true });
    };
    exports.initialize = function () {
      setTimeout(() => this.send('pressed', true), 0);
    };
  `);
  var where = this.instantiate('Where', 'machine/Where');
  var printer = this.instantiate('Printer', 'displays/Printer');
  printer.setParameter('title', 'place');
  this.connect(button, 'pressed', where, 'trigger');
  this.connect(where, 'place', printer, 'value');
};

exports.initialize = function () {
  this.stopAt(100);
};
