'use strict';

exports.setup = function () {
  this.input('in');
  this.output('out');
};

exports.initialize = function () {
  this.addInputHandler('in', () => {
    this.send('out', this.get('in') + 1);
  });
};
