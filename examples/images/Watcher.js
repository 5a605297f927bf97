/**
 * Watch with a camera, and display what moves.
 *
 * @accessor images/Watcher
 * @parameter {string} camera Which one, as the module cameras names it.
 * @output {number} area How many percent of the image moved.
 */
'use strict';

var cameras = require('@modules/cameras');
var filters = require('@modules/image-filters');
var ImageDisplay = require('@modules/image-display').ImageDisplay;
var motion = require('@modules/motion-detector');

var camera = null;

exports.setup = function () {
  this.parameter('camera', {
    type: 'string',
    value: 'dummy camera',
    options: cameras.cameras()
  });
  this.output('area', { type: 'number', spontaneous: true });
};

exports.initialize = function () {
  var display = new ImageDisplay('watched');
  camera = new cameras.Camera(this.getParameter('camera'));
  camera.on('image', (image) => {
    var small = filters.filter(image, 'BicubicScale', { Width: 160, Height: 120 });
    display.displayImage(motion.filter(small));
    this.send('area', Math.round(motion.area()));
  });
  camera.on('error', (error) => console.error(error.message));
  camera.open();
};

exports.wrapup = function () {
  camera.close();
};
