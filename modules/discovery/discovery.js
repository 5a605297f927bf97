'use strict';

// The module discovery of the specification. What reaches the network is Python's
// (accessor_host/modules/discovery/binding.py).

const { arrayIncludes } = primordials;

const { EventEmitter, listenersOf } = require('kit/emitter');
const { makeError, wrongType } = require('kit/errors');
const { ask } = require('kit/questions');

const METHODS = ['ping', 'nmap'];

/** Finds machines. Emits `discovered` (array of devices) and `error` (Error). */
class DiscoveryService extends EventEmitter {
  /**
   * Return the first IPv4 address of this machine that others can reach.
   * @throws {Error} there is none
   */
  getHostAddress() {
    return ask('discovery.address');
  }

  /**
   * Look for the machines whose addresses begin with the same three numbers.
   * @param {string} address IPv4 address in a private network
   * @param {string} [method] `ping` or `nmap`: both are the same here
   * @param {function(object[])} [callback] called with what is emitted, too
   * @throws {TypeError} one of these is not allowed
   */
  discoverDevices(address, method, callback) {
    if (typeof address !== 'string') throw wrongType('address', 'of type string', address);
    if (method !== undefined && method !== null && !arrayIncludes(METHODS, method)) {
      throw wrongType('method', "'ping' or 'nmap'", method);
    }
    if (callback !== undefined && callback !== null && typeof callback !== 'function') {
      throw wrongType('callback', 'of type function', callback);
    }
    const service = this;
    const lease = host.lease('discovery', {
      receive(type, a, b, c) {
        if (type === 'idle') lease.offer(a);
        else if (type === 'failed') {
          const lacks = c ? host.fromJson(c) : [];
          service.emit('error', makeError(a, b, lacks[0], lacks[1]));
        } else {
          const devices = host.fromJson(a);
          try {
            if (typeof callback === 'function') callback(devices);
          } finally {
            service.emit('discovered', devices);
          }
        }
      },
      describe(type) {
        const event = type === 'failed' ? 'error' : 'discovered';
        return ["'" + event + "' of a DiscoveryService", listenersOf(service, event)[0]];
      }
    });
    host.operation('discovery.sweep', lease.ask(), address);
  }
}

exports.DiscoveryService = DiscoveryService;
