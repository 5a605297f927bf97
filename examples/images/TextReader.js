/**
 * Read the text on images; it takes the program tesseract.
 *
 * @accessor images/TextReader
 * @input image The image.
 * @parameter {string} language Of the text, as tesseract names it.
 * @output {string} text What stands on it.
 */
'use strict';

var tesseract = require('@modules/tesseract');

exports.setup = function () {
  this.input('image');
  this.parameter('language', { type: 'string', value: 'eng' });
  this.output('text', { type: 'string', spontaneous: true });
};

exports.initialize = function () {
  this.addInputHandler('image', function () {
    tesseract
      .recognize(this.get('image'), this.getParameter('language'))
      .then((result) => this.send('text', result.text))
      .catch((error) => console.error(error.message));
  });
};
