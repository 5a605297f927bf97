'use strict';

// util.format: printf-like texts, and what the console writes.

const { inspect } = require('node/internal/inspect');
const { numberText } = require('node/internal/inspect-text');
const { wrongType } = require('node/internal/coded-error');

const hasOwn = Object.prototype.hasOwnProperty;

// These have a toString that says less than inspect.
const builtInNames = new Set(host.globalNames.filter((name) => /^[A-Z][a-zA-Z0-9]+$/.test(name)));

function usesBuiltInToString(value) {
  if (typeof value.toString !== 'function') return true;
  if (hasOwn.call(value, 'toString')) return false;
  let owner = value;
  do {
    owner = Object.getPrototypeOf(owner);
  } while (owner !== null && !hasOwn.call(owner, 'toString'));
  if (owner === null) return true;
  const descriptor = Object.getOwnPropertyDescriptor(owner, 'constructor');
  return descriptor !== undefined && typeof descriptor.value === 'function' &&
    builtInNames.has(descriptor.value.name);
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
    if (/circular|cyclic/i.test(error.message)) return '[Circular]';
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
    parts.push(args.length === 1 ? first : first.replace(/%([sjdifOoc%])/g, (whole, kind) => {
      if (kind === '%') return '%';
      return next < args.length ? DIRECTIVES[kind](args[next++], options) : whole;
    }));
  }
  for (; next < args.length; next++) {
    const value = args[next];
    parts.push(typeof value === 'string' ? value : inspect(value, options));
  }
  return parts.join(' ');
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
