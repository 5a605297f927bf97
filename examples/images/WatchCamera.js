/**
 * Watch with a camera for a moment, and print how much moves.
 *
 * @accessor images/WatchCamera
 */
'use strict';

exports.setup = function () {
  var watcher = this.instantiate('Watcher', 'images/Watcher');
  var printer = this.instantiate('Printer', 'displays/Printer');
  printer.setParameter('title', 'moved');
  this.connect(watcher, 'area', printer, 'value');
};

exports.initialize = function () {
  this.stopAt(600);
};
