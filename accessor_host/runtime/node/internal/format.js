'use strict';

// util.format: printf-like texts, and what the console writes.

const { arrayFilter, arrayJoin, arrayPush, hasOwn, regExpTest, stringReplace } = primordials;

const { inspect } = require('node/internal/inspect');
const { numberText } = require('node/internal/inspect-text');
const { wrongType } = require('node/internal/coded-error');

// These have a toString that says less than inspect.
const builtInNames = new Set(
  arrayFilter(host.globalNames, (name) => regExpTest(/^[A-Z][a-zA-Z0-9]+$/, name))
);

function usesBuiltInToString(value) {
  if (typeof value.toString !== 'function') return true;
  if (hasOwn(value, 'toString')) return false;
  let owner = value;
  do {
    owner = Object.getPrototypeOf(owner);
  } while (owner !== null && !hasOwn(owner, 'toString'));
  if (owner === null) return true;
  const descriptor = Object.getOwnPropertyDescriptor(owner, 'constructor');
  return (
    descriptor !== undefined &&
    typeof descriptor.value === 'function' &&
    builtInNames.has(descriptor.value.name)
  );
}

function textOf(value, options) {
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'bigint') return value + 'n';
  if (typeof value !== 'object' || value === null || !usesBuiltInToString(value)) {
    return String(value);
  }
  return inspect(value, Object.assign({}, options, { depth: 0, colors: false, compact: 3 }));
}

function jsonOf(value) {
  try {
    return String(JSON.stringify(value));
  } catch (error) {
    if (regExpTest(/circular|cyclic/i, error.message)) return '[Circular]';
    throw error;
  }
}

// Neither of these converts to a number; a BigInt is not to lose digits.
function numeric(value, convert) {
  if (typeof value === 'symbol') return 'NaN';
  return numberText(convert(value));
}

const DIRECTIVES = {
  s: textOf,
  j: jsonOf,
  d(value) {
    if (typeof value === 'bigint') return value + 'n';
    return numeric(value, Number);
  },
  i(value) {
    return typeof value === 'bigint' ? value + 'n' : numeric(value, parseInt);
  },
  f(value) {
    return numeric(value, parseFloat);
  },
  O: (value, options) => inspect(value, options),
  o(value, options) {
    const more = { showHidden: true, showProxy: true, depth: 4 };
    return inspect(value, Object.assign({}, options, more));
  },
  c: () => ''
};

/**
 * Fill in the directives of the first argument and append the rest.
 * @param {object} options For inspect.
 * @param {Array} args A format and its values, or just values.
 */
function formatList(options, args) {
  const first = args[0];
  if (args.length === 1 && typeof first === 'string') return first;
  const parts = [];
  let next = 0;
  if (typeof first === 'string') {
    next = 1;
    arrayPush(
      parts,
      args.length === 1
        ? first
        : stringReplace(first, /%([sjdifOoc%])/g, (whole, kind) => {
            if (kind === '%') return '%';
            return next < args.length ? DIRECTIVES[kind](args[next++], options) : whole;
          })
    );
  }
  for (; next < args.length; next++) {
    const value = args[next];
    arrayPush(parts, typeof value === 'string' ? value : inspect(value, options));
  }
  return arrayJoin(parts, ' ');
}

/** Format with the default options. */
function format(...args) {
  return formatList(undefined, args);
}

/** Format with options for inspect. */
function formatWithOptions(options, ...args) {
  if (options === null || typeof options !== 'object') {
    throw wrongType('inspectOptions', 'of type object', options);
  }
  return formatList(options, args);
}

module.exports = { format, formatList, formatWithOptions };
