/**
 * End the program.
 *
 * @accessor testing/Stop
 * @input {boolean} stop True to end it.
 */
'use strict';

exports.setup = function () {
  this.input('stop', { type: 'boolean' });
};

exports.initialize = function () {
  this.addInputHandler('stop', () => {
    if (this.get('stop')) this.stop();
  });
};
