// What every script under test begins with, in ES5 so that any host can run it. The kit puts the
// line with the constants PORT, OTHER_PORT and the certificate's files before it.

// report(name, value, ...) tells the kit something: one line, JSON after a marker. What JSON cannot
// say is an object whose first key is '$'.
var report = (function () {
  var print = console.log;

  function quote(text) {
    return JSON.stringify(text).replace(/[^\x20-\x7e]/g, function (unit) {
      return '\\u' + ('000' + unit.charCodeAt(0).toString(16)).slice(-4);
    });
  }

  function special(kind, members) {
    return '{"$":' + quote(kind) + members.map(function (member) {
      return ',' + quote(member[0]) + ':' + encode(member[1]);
    }).join('') + '}';
  }

  function hex(bytes) {
    var text = '';
    for (var i = 0; i < bytes.length; i += 1) text += ('0' + bytes[i].toString(16)).slice(-2);
    return text;
  }

  function encode(value) {
    if (value === null || typeof value === 'boolean') return String(value);
    if (typeof value === 'string') return quote(value);
    if (typeof value === 'number') {
      return isFinite(value) ? String(value) : special('number', [['text', String(value)]]);
    }
    if (typeof value !== 'object') return special(typeof value, []);
    if (Array.isArray(value)) return '[' + value.map(encode).join(',') + ']';
    if (value instanceof Error) {
      return special('error', [
        ['name', value.name], ['message', value.message], ['code', value.code]
      ]);
    }
    if (typeof Uint8Array === 'function' && value instanceof Uint8Array) {
      return special('bytes', [['hex', hex(value)]]);
    }
    var prototype = Object.getPrototypeOf(value);
    if (prototype !== null && prototype !== Object.prototype) {
      return special('instance', [['name', value.constructor && value.constructor.name]]);
    }
    return '{' + Object.keys(value).map(function (key) {
      return quote(key) + ':' + encode(value[key]);
    }).join(',') + '}';
  }

  return function report(name) {
    var values = Array.prototype.slice.call(arguments, 1);
    print('@conformance {"report":' + quote(name) + ',"values":' + encode(values) + '}');
  };
}());

// reporter(name) is a listener that reports every argument it is called with.
function reporter(name) {
  return function () {
    report.apply(null, [name].concat(Array.prototype.slice.call(arguments)));
  };
}

// attempt(name, action) reports how a call went: 'returned' and the value, or 'threw' and what.
function attempt(name, action) {
  var value;
  try {
    value = action();
  } catch (error) {
    report(name, 'threw', error);
    return;
  }
  report(name, 'returned', value);
}

// settle(then) lets everything arrive that is on its way: what should come once has then come.
function settle(then) {
  setTimeout(then || reporter('settled'), 100);
}

report('@started');
