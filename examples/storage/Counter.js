/**
 * Count the runs of a program: the count survives in a folder.
 *
 * @accessor storage/Counter
 * @parameter {string} folder The folder of the store.
 * @output {int} count How often the program has run, this time included.
 */
'use strict';

var storage = require('@modules/local-storage');

exports.setup = function () {
  this.parameter('folder', { type: 'string', value: 'counter-data' });
  this.output('count', { type: 'int', spontaneous: true });
};

exports.initialize = function () {
  storage.initSync({ dir: this.getParameter('folder') });
  var count = Number(storage.getItem('count')) + 1;
  storage.setItem('count', count);
  setTimeout(() => this.send('count', count), 0);
};
