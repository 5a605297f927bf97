// The echo server, in a script that holds 100,000 objects.
'use strict';
exports.readings = [];
for (let id = 0; id < 100000; id++) {
  exports.readings.push({ id, celsius: id / 8 });
}
require('./echo.js');
