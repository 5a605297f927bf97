'use strict';

// A bus for the tests of the kit's cases, which one script has to itself.

const { EventEmitter } = require('events');

const buses = [];
let turn = 0;

function parsed(data) {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

exports.VertxBus = class VertxBus extends EventEmitter {
  constructor() {
    super();
    this.addresses = new Set();
    buses.push(this);
  }

  subscribe(address) {
    this.addresses.add(address);
  }

  unsubscribe(address) {
    if (address === undefined) this.addresses.clear();
    else this.addresses.delete(address);
  }

  publish(address, data) {
    for (const bus of buses) bus.deliver(address, data);
  }

  send(address, data, handler) {
    const found = buses.filter((bus) => bus.addresses.has(address));
    const one = found[turn++ % found.length];
    if (one === undefined) return;
    one.deliver(address, data);
    if (handler) setTimeout(() => handler(parsed(one.reply)));
  }

  setReply(value) {
    this.reply = value;
  }

  deliver(address, data) {
    setTimeout(() => {
      if (this.addresses.has(address)) this.emit(address, parsed(data));
    });
  }
};

