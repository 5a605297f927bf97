'use strict';

// The module geolocation of the specification. The position is what the operator says
// (accessor_host/modules/geolocation/binding.py): a host has no receiver of its own.

const { errorOf, wrongType } = require('kit/errors');

/**
 * Find out where this machine is; one of the two functions is called, on a later turn.
 * @param {function(object)} succeeded called with `{latitude, longitude, timestamp, accuracy}`
 * @param {function(Error)} [failed] called with an Error; without it, the error is reported
 * @param {object} [_options] `enableHighAccuracy` and `maximumAge` make no difference here
 * @throws {TypeError} what is given is no function
 */
exports.getPosition = function getPosition(succeeded, failed, _options) {
  if (typeof succeeded !== 'function') throw wrongType('succeeded', 'of type function', succeeded);
  if (failed !== undefined && failed !== null && typeof failed !== 'function') {
    throw wrongType('failed', 'of type function', failed);
  }
  const lease = host.lease('geolocation', {
    receive(type, a, b, missing) {
      if (type === 'position') {
        succeeded({ latitude: a, longitude: b, timestamp: Date.now(), accuracy: 'high' });
      } else if (type === 'idle') {
        lease.offer(a);
      } else {
        const error = errorOf(a, b, missing);
        if (typeof failed !== 'function') throw error;
        failed(error);
      }
    },
    describe: (type) => [
      'the callback of getPosition',
      type === 'position' ? succeeded : failed || succeeded
    ]
  });
  host.operation('geolocation.get', lease.ask());
};
