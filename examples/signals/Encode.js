/**
 * Write each array of bytes as base64.
 *
 * @accessor signals/Encode
 * @input {JSON} bytes An array of numbers from 0 to 255.
 * @output {string} text The bytes as base64.
 */
'use strict';

var base64 = require('@modules/base64-js');

exports.setup = function () {
  this.input('bytes', { type: 'JSON' });
  this.output('text', { type: 'string' });
};

exports.fire = function () {
  this.send('text', base64.fromByteArray(this.get('bytes')));
};
