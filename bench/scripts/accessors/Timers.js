'use strict';

// Timers of one clock, due in another order than that of their making.

exports.setup = function () {
  this.parameter('timers', { type: 'int', value: 100000 });
};

exports.initialize = function () {
  var count = this.getParameter('timers');
  var start = Date.now();
  var ran = 0;
  var latest = -1;
  for (let i = 0; i < count; i++) {
    let due = ((i * 7919) % 1000) + 1;
    setTimeout(() => {
      if (due < latest) throw new Error('a timer of ' + due + ' ms ran after one of ' + latest);
      latest = due;
      if (++ran === count) console.log('RESULT', Date.now() - start, ran);
    }, due, 'clock');
  }
};
