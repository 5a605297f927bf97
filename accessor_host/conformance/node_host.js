'use strict';

// The Node host for the kit: node node_host.js [--accessor] SCRIPT, with the npm packages in
// NODE_PATH. A script asks for '@modules/x' and gets npm's '@accessors-modules/x', or the Node
// host's own module x; everything else is Node's own.

const Module = require('module');
const path = require('path');

const OWN = '@terraswarm/accessors/hosts/common/modules/';

const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...others) {
  const name = request.replace(/^@modules\//, '@accessors-modules/');
  try {
    return resolve.call(this, name, ...others);
  } catch (error) {
    if (name === '@accessors-modules/text-display') {
      try {
        return resolve.call(this, OWN + 'text-display', ...others);
      } catch {
        // Then the script learns of the name that it asked for.
      }
    }
    throw error;
  }
};

const script = path.resolve(process.argv[process.argv.length - 1]);
if (process.argv[2] === '--accessor') {
  require('@accessors-hosts/node').processCommandLineArguments([script]);
} else {
  require(script);
}
