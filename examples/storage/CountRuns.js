/**
 * Print how often this composite has run.
 *
 * @accessor storage/CountRuns
 */
'use strict';

exports.setup = function () {
  var counter = this.instantiate('Counter', 'storage/Counter');
  var printer = this.instantiate('Printer', 'displays/Printer');
  printer.setParameter('title', 'run number');
  this.connect(counter, 'count', printer, 'value');
};

exports.initialize = function () {
  this.stopAt(10);
};
