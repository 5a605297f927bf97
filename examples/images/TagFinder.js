/**
 * Find AprilTags on images; it takes the extra [cameras].
 *
 * @accessor images/TagFinder
 * @input image The image.
 * @output marked The image, with the outlines of its tags.
 * @output tags Id, center and perimeter of each.
 */
'use strict';

var aprilTags = require('@modules/april-tags');

exports.setup = function () {
  this.input('image');
  this.output('marked');
  this.output('tags');
};

exports.initialize = function () {
  this.addInputHandler('image', function () {
    this.send('marked', aprilTags.filter(this.get('image'), { TagFamily: 'Tag36h11' }));
    this.send('tags', aprilTags.tags());
  });
};
