'use strict';

// The module os of the specification: `hostname()`, and of Node's module what tells nothing about
// the people or the programs of the machine.

const { ask } = require('kit/questions');

// Asked for once: none of it changes while a process runs.
let facts = null;

function fact(name) {
  if (facts === null) facts = ask('os.facts');
  return facts[name];
}

/** Return the name of this machine in its network. */
exports.hostname = () => ask('os.hostname');

/** Return the name of the platform: `linux`, `darwin` or `win32`. */
exports.platform = () => fact('platform');

/** Return the name of the operating system: `Linux`, `Darwin` or `Windows_NT`. */
exports.type = () => fact('type');

/** Return the kind of processor, as Node names it: `x64`, `arm64`, ... */
exports.arch = () => fact('arch');

/** Return `LE` or `BE`: which byte of a number this processor stores first. */
exports.endianness = () => fact('endianness');

/** What a line ends with here. */
exports.EOL = '\n';
