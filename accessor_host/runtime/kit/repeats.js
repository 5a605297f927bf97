'use strict';

// The JSON text of an object that is sent to one socket after another, as in a broadcast. A script
// may change it in between; when it is flat, to compare takes half of the time of writing it again.
// Nobody can tell, but for a Proxy, which is read once more.

const { arrayPush } = primordials;

const { stringify } = host;
const { getOwnPropertyDescriptor, getPrototypeOf } = Object;

// What was written at least twice; and if it is a flat object, its text and what it looked like.
let known;
let text;
let keys = null;
let values;

/** Return what `JSON.stringify(value)` returns, of a value that was written before. */
exports.writeAgain = function writeAgain(value) {
  if (value === known) {
    if (keys !== null && isAsItWas(value)) return text;
    // It has parts, or changes: it is not worth another look.
    keys = null;
    return stringify(value);
  }
  text = stringify(value);
  known = value;
  remember(value);
  return text;
};

/** Let go of the value. */
exports.forget = function forget() {
  known = undefined;
  keys = null;
};

function remember(value) {
  keys = null;
  if (!isObject(value)) return;
  const prototype = getPrototypeOf(value);
  // The length of an array says more than its keys, the value of a Number more than its parts.
  if (prototype !== Object.prototype && prototype !== null) return;
  const names = [];
  values = [];
  for (const name in value) {
    const { value: content } = getOwnPropertyDescriptor(value, name) || {};
    // It is a part, or has a getter, or is inherited.
    if (content === undefined || isObject(content)) return;
    arrayPush(names, name);
    arrayPush(values, content);
  }
  keys = names;
}

// What is inherited, or `toJSON`, would be one more.
function isAsItWas(value) {
  let at = 0;
  for (const name in value) {
    if (name !== keys[at] || value[name] !== values[at]) return false;
    at++;
  }
  return at === keys.length && value.toJSON === undefined;
}

function isObject(value) {
  return value !== null && (typeof value === 'object' || typeof value === 'function');
}
