/**
 * Find the edges on images; it takes the extra [cameras].
 *
 * @accessor images/EdgeFinder
 * @input image The image.
 * @output edges An image of its edges.
 */
'use strict';

var vision = require('@modules/computer-vision');

exports.setup = function () {
  this.input('image');
  this.output('edges', { spontaneous: true });
};

exports.initialize = function () {
  this.addInputHandler('image', function () {
    vision.filter(this.get('image'), 'findEdges', {}, (image) => this.send('edges', image));
  });
};
