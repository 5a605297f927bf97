'use strict';

// Runs one of these accessors with the common host of Node.

const fs = require('fs');
const path = require('path');
const [modules, name] = process.argv.slice(2);
const { Accessor } = require(path.join(modules, '@accessors-hosts', 'common'));

const read = (className) => fs.readFileSync(path.join(__dirname, className + '.js'), 'utf8');
// What a host has to bring.
global.getResource = () => '';
new Accessor(name, read(name), read, {}).initialize();
