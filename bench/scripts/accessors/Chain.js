'use strict';

// A chain of accessors, each of which adds one; the next value comes when the last has passed.

exports.setup = function () {
  this.parameter('accessors', { type: 'int', value: 1000 });
  this.parameter('values', { type: 'int', value: 1000 });
  this.input('in');
  this.output('out');
  var previous = null;
  for (var i = 0; i < this.getParameter('accessors'); i++) {
    var stage = this.instantiate('Stage' + i, 'Stage');
    if (previous) this.connect(previous, 'out', stage, 'in');
    else this.connect('in', stage, 'in');
    previous = stage;
  }
  this.connect(previous, 'out', 'out');
};

exports.initialize = function () {
  var left = this.getParameter('values');
  var start = Date.now();
  var sum = 0;
  var feed = () => this.provideInput('in', left);
  this.on('output', (name, value) => {
    sum += value;
    if (--left > 0) setTimeout(feed, 0);
    else console.log('RESULT', Date.now() - start, sum);
  });
  setTimeout(feed, 0);
};
