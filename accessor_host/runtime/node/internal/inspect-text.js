'use strict';

// How inspect writes primitive values, and the widths and colours of text.

const {
  arrayJoin,
  arrayMap,
  arrayPush,
  each,
  numberToString,
  regExpTest,
  stringCharCodeAt,
  stringIncludes,
  stringIndexOf,
  stringNormalize,
  stringPadStart,
  stringRepeat,
  stringReplace,
  stringSlice,
  stringToUpperCase
} = primordials;

// Everything a quoted string cannot show as it is. A lone surrogate is half a character.
const UNSAFE = /[\x00-\x1f'\\\x7f-\x9f\ud800-\udfff]/;
const LONE_HIGH = '[\\ud800-\\udbff](?![\\udc00-\\udfff])';
const LONE_LOW = '(?<![\\ud800-\\udbff])[\\udc00-\\udfff]';
const ESCAPED = '[\\x00-\\x1f\\\\\\x7f-\\x9f]|' + LONE_HIGH + '|' + LONE_LOW;
const ESCAPED_PLAIN = new RegExp(ESCAPED, 'g');
const ESCAPED_QUOTE = new RegExp("'|" + ESCAPED, 'g');
const SHORT_ESCAPES = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '\\': '\\\\',
  "'": "\\'"
};

function escapeCharacter(character) {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return short;
  const code = stringCharCodeAt(character, 0);
  const hex = numberToString(code, 16);
  if (code > 0xff) return '\\u' + hex;
  return '\\x' + stringPadStart(stringToUpperCase(hex), 2, '0');
}

/** Quote a string, with the first of ' " ` that needs no escaping. */
function quote(text) {
  if (!regExpTest(UNSAFE, text)) return "'" + text + "'";
  let mark = "'";
  if (stringIncludes(text, "'")) {
    if (!stringIncludes(text, '"')) mark = '"';
    else if (!stringIncludes(text, '`') && !stringIncludes(text, '${')) mark = '`';
  }
  return (
    mark + stringReplace(text, mark === "'" ? ESCAPED_QUOTE : ESCAPED_PLAIN, escapeCharacter) + mark
  );
}

/** Write the escapes a string needs, without quotes. */
function escapeBare(text) {
  return stringReplace(text, ESCAPED_PLAIN, escapeCharacter);
}

/** Write a number so that minus zero shows. */
function numberText(value) {
  return Object.is(value, -0) ? '-0' : String(value);
}

function pluralOf(count, noun) {
  return count + ' more ' + noun + (count > 1 ? 's' : '');
}

/** Write "... 3 more items". */
function moreText(count, noun) {
  return '... ' + pluralOf(count, noun);
}

const MIN_SPLIT_LENGTH = 16;

// Each with its line end.
function linesOf(text) {
  const lines = [];
  let from = 0;
  while (from < text.length) {
    const end = stringIndexOf(text, '\n', from);
    const next = end === -1 ? text.length : end + 1;
    arrayPush(lines, stringSlice(text, from, next));
    from = next;
  }
  return lines;
}

function stringText(ctx, value) {
  let shown = value;
  let trailer = '';
  if (value.length > ctx.maxStringLength) {
    shown = stringSlice(value, 0, ctx.maxStringLength);
    trailer = moreText(value.length - ctx.maxStringLength, 'character');
  }
  const room = ctx.breakLength - ctx.indentation - 4;
  if (ctx.compact !== true && shown.length > MIN_SPLIT_LENGTH && shown.length > room) {
    const lines = arrayMap(linesOf(shown), (line) => ctx.stylize(quote(line), 'string'));
    return arrayJoin(lines, ' +\n' + stringRepeat(' ', ctx.indentation + 2)) + trailer;
  }
  return ctx.stylize(quote(shown), 'string') + trailer;
}

/** Write anything that is neither an object nor a function. */
function primitiveText(ctx, value) {
  switch (typeof value) {
    case 'string':
      return stringText(ctx, value);
    case 'number':
      return ctx.stylize(numberText(value), 'number');
    case 'bigint':
      return ctx.stylize(value + 'n', 'bigint');
    case 'boolean':
      return ctx.stylize(String(value), 'boolean');
    case 'symbol':
      return ctx.stylize(escapeBare(String(value)), 'symbol');
    case 'undefined':
      return ctx.stylize('undefined', 'undefined');
    default:
      return ctx.stylize('null', 'null');
  }
}

// Escape sequences of terminals: what ends with a letter, and titles or links ended by BEL or ST.
const VT_SEQUENCE = new RegExp(
  '[\\u001b\\u009b](?:\\][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\|\\u009c)' +
    '|[[\\]()#;?]*(?:\\d{1,4}(?:[;:]\\d{0,4})*)?[\\dA-PR-TZcf-nq-uy=><~])',
  'g'
);

/** Remove colours and other terminal control sequences. */
function stripVTControlCharacters(text) {
  return stringIncludes(text, '\u001b') || stringIncludes(text, '\u009b')
    ? stringReplace(text, VT_SEQUENCE, '')
    : text;
}

const ONE_CELL_EACH = /^[\x20-\x7e]*$/;
const ZERO_WIDTH = new RegExp(
  '[\\u0000-\\u001f\\u007f-\\u009f\\u200b-\\u200f\\ufe00-\\ufe0f]|\\p{Mn}|\\p{Me}',
  'u'
);
const WIDE = new RegExp(
  '[\\u1100-\\u115f\\u2329\\u232a\\u2e80-\\u303e\\u3041-\\u3247\\u3250-\\u4dbf\\u4e00-\\ua4c6' +
    '\\ua960-\\ua97c\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe10-\\ufe19\\ufe30-\\ufe6b\\uff01-\\uff60' +
    '\\uffe0-\\uffe6\\u{1b000}-\\u{1b001}\\u{1f200}-\\u{1f251}\\u{1f300}-\\u{1f64f}' +
    '\\u{1f900}-\\u{1f9ff}\\u{20000}-\\u{3fffd}]',
  'u'
);

// A pair of surrogates is one.
function charactersOf(text) {
  const characters = [];
  for (let at = 0; at < text.length;) {
    const code = stringCharCodeAt(text, at);
    const end = code >= 0xd800 && code <= 0xdbff ? at + 2 : at + 1;
    arrayPush(characters, stringSlice(text, at, end));
    at = end;
  }
  return characters;
}

/** Count the terminal columns a text takes. */
function displayWidth(text) {
  if (regExpTest(ONE_CELL_EACH, text)) return text.length;
  let width = 0;
  for (const character of each(
    charactersOf(stringNormalize(stripVTControlCharacters(text), 'NFC'))
  )) {
    if (regExpTest(WIDE, character)) width += 2;
    else if (!regExpTest(ZERO_WIDTH, character)) width += 1;
  }
  return width;
}

const colors = {
  reset: [0, 0],
  bold: [1, 22],
  dim: [2, 22],
  italic: [3, 23],
  underline: [4, 24],
  inverse: [7, 27],
  black: [30, 39],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
  white: [37, 39],
  grey: [90, 39]
};

const styles = {
  special: 'cyan',
  number: 'yellow',
  bigint: 'yellow',
  boolean: 'yellow',
  undefined: 'grey',
  null: 'bold',
  string: 'green',
  symbol: 'green',
  date: 'magenta',
  regexp: 'red',
  module: 'underline'
};

function stylizeWithColor(text, kind) {
  const color = colors[styles[kind]];
  if (color === undefined) return text;
  return '\u001b[' + color[0] + 'm' + text + '\u001b[' + color[1] + 'm';
}

function stylizePlain(text) {
  return text;
}

module.exports = {
  colors,
  displayWidth,
  escapeBare,
  moreText,
  numberText,
  primitiveText,
  quote,
  stripVTControlCharacters,
  styles,
  stylizePlain,
  stylizeWithColor
};
