/**
 * Print every value on a line of its own.
 *
 * @accessor displays/Printer
 * @parameter {string} title What stands before each value.
 * @input value The values; objects are printed as JSON.
 */
'use strict';

var TextDisplay = require('@modules/text-display').TextDisplay;

exports.setup = function () {
  this.parameter('title', { type: 'string', value: 'value' });
  this.input('value');
};

exports.initialize = function () {
  var display = new TextDisplay(this.getParameter('title'));
  this.addInputHandler('value', () => {
    var value = this.get('value');
    display.appendText(typeof value === 'string' ? value : JSON.stringify(value));
  });
};
