'use strict';

// Options of the shipped modules, checked where the script gives them. The schemas come from
// schemas/*.schema.json; Python checks the same options once more against the same files.

const {
  arrayFrom,
  arrayIncludes,
  arrayIndexOf,
  arrayPush,
  arraySlice,
  arraySome,
  each,
  hasOwn,
  isArray,
  isFinite,
  isInteger,
  regExpTest,
  stringToLowerCase
} = primordials;

const checks = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: isInteger,
  number: isFinite,
  array: isArray,
  object: (value) => value !== null && typeof value === 'object' && !isArray(value),
  null: (value) => value === null
};

// Stands for a secret: what is writeOnly in a schema is not given out again.
const NOT_SHOWN = 'the value (not shown)';

// A URL with a user, and perhaps a password.
const CREDENTIALS = /:[/][/][^/]*@/;

const HIDDEN = { __proto__: null, enumerable: false };

/**
 * Resolve the options of a module's class.
 * @param {string} schemaName name of the schema
 * @param {object} [given] options as the script gave them; null and undefined mean the default
 * @returns {object} every option with its value
 * @throws {TypeError} naming the option, its value and what is allowed
 */
exports.resolve = function resolve(schemaName, given) {
  const properties = host.fromJson(host.schemas[schemaName]);
  if (given === undefined || given === null) given = {};
  if (typeof given !== 'object' || isArray(given)) {
    // Not what is in a list: where options were meant, there may be a password.
    const shown = isArray(given) ? 'a list' : show(given);
    throw new TypeError('options must be an object, not ' + shown);
  }
  for (const name of each(Object.keys(given))) {
    if (!has(properties, name)) warnOfUnknown(name, properties);
  }
  const resolved = {};
  for (const name of each(Object.keys(properties))) {
    const schema = properties[name];
    const value = given[name];
    if (value === undefined || value === null || (value === '' && schema.type === 'string')) {
      resolved[name] = schema.default;
    } else if (fits(value, schema)) {
      // A script may change its list later, or have given it a form of its own in JSON.
      resolved[name] = isArray(value) ? arraySlice(value) : value;
    } else {
      throw refusal(name, schema.writeOnly ? NOT_SHOWN : show(value), schema.allowed);
    }
  }
  return resolved;
};

function warnOfUnknown(name, properties) {
  const place = host.requireBuiltin('core/stack').caller();
  const where = place === '' ? '' : place + ': ';
  host.warn(where + "unknown option '" + name + "'" + suggest(name, properties));
}

/**
 * Give an object its options as properties; printing it does not print those that are secret.
 * @param {object} target gets the properties
 * @param {string} schemaName name of the schema
 * @param {object} resolved what `resolve` returned
 */
exports.assign = function assign(target, schemaName, resolved) {
  Object.assign(target, resolved);
  const properties = host.fromJson(host.schemas[schemaName]);
  for (const name of each(Object.keys(properties))) {
    if (properties[name].writeOnly) Object.defineProperty(target, name, HIDDEN);
  }
};

/** Make the error for an option that is not allowed. */
exports.badOption = badOption;

/**
 * Make the same where the value must not be shown.
 * @param {string} name of the option
 * @param {string} shown instead of the value
 * @param {string} allowed what would be
 */
exports.refusal = refusal;

function badOption(name, value, allowed) {
  return refusal(name, show(value), allowed);
}

function refusal(name, shown, allowed) {
  const error = new TypeError(
    "option '" + name + "': " + shown + ' is not allowed; expected ' + allowed
  );
  error.code = 'ERR_INVALID_ARG_VALUE';
  return error;
}

function fits(value, schema) {
  if (schema.callable && typeof value === 'function') return true;
  const types = isArray(schema.type) ? schema.type : [schema.type];
  if (!arraySome(types, (type) => checks[type](value))) return false;
  if (schema.minimum !== undefined && value < schema.minimum) return false;
  if (schema.maximum !== undefined && value > schema.maximum) return false;
  if (schema.pattern !== undefined && !regExpTest(new RegExp(schema.pattern), value)) return false;
  if (isArray(value) && !fitsList(value, schema)) return false;
  return schema.enum === undefined || arrayIncludes(schema.enum, value);
}

// Not with arrayEvery: it passes over holes.
function fitsList(list, schema) {
  if (schema.maxItems !== undefined && list.length > schema.maxItems) return false;
  for (let i = 0; i < list.length; i++) {
    if (schema.items !== undefined && !fits(list[i], schema.items)) return false;
    if (schema.uniqueItems && arrayIndexOf(list, list[i]) !== i) return false;
  }
  return true;
}

function has(object, name) {
  return hasOwn(object, name);
}

function show(value) {
  const shown = host
    .requireBuiltin('node/internal/inspect')
    .inspect(value, { depth: 1, breakLength: Infinity, maxArrayLength: 5 });
  return regExpTest(CREDENTIALS, shown) ? NOT_SHOWN : shown;
}


function suggest(name, properties) {
  let best = null;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const known of each(Object.keys(properties))) {
    const distance = editDistance(stringToLowerCase(name), stringToLowerCase(known));
    if (distance < least) [best, least] = [known, distance];
  }
  return best === null ? '' : "; did you mean '" + best + "'?";
}

// Levenshtein's distance, one row at a time.
function editDistance(one, other) {
  let row = arrayFrom({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const replaced = row[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1);
      arrayPush(next, Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[other.length];
}
