'use strict';

// The Node host for the kit: node node_host.js SCRIPT, with the npm packages in NODE_PATH. A script
// asks for '@modules/x' and gets npm's '@accessors-modules/x'; everything else is Node's own.

const Module = require('module');
const path = require('path');

const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...others) {
  return resolve.call(this, request.replace(/^@modules\//, '@accessors-modules/'), ...others);
};

require(path.resolve(process.argv[2]));
