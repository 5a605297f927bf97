/**
 * Give lines to the program sort, and print what it makes of them: run it with --allow-run=sort.
 *
 * @accessor programs/SortLines
 * @parameter {JSON} lines The lines.
 */
'use strict';

exports.setup = function () {
  this.parameter('lines', { type: 'JSON', value: ['pear', 'apple', 'fig'] });
};

exports.initialize = function () {
  var Shell = require('@modules/shell').Shell;
  var sort = new Shell({ cmd: 'sort', args: ['-r'], timeout: 10000 });
  this.sort = sort;
  sort.on('message', (line) => console.log(line));
  sort.on('error', (error) => console.log(error.message));
  sort.on('close', () => this.stop());
  sort.start();
  for (var line of this.getParameter('lines')) sort.write(line);
  sort.end();
};

exports.wrapup = function () {
  this.sort.wrapup();
};
