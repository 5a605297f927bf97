'use strict';

// console.table: rows and columns in a box.

const types = require('node/internal/types');
const { inspect } = require('node/internal/inspect');
const { displayWidth } = require('node/internal/inspect-text');

const hasOwn = Object.prototype.hasOwnProperty;
const INDEX = '(index)';
const ITERATION = '(iteration index)';

function cellText(value) {
  const isRecord = value !== null && typeof value === 'object' && !Array.isArray(value);
  const depth = isRecord && Object.keys(value).length > 2 ? -1 : 0;
  return inspect(value, { maxArrayLength: 3, breakLength: Infinity, depth });
}

function isPrimitive(value) {
  return value === null || (typeof value !== 'object' && typeof value !== 'function');
}

/**
 * Draw data as a table, without a final line end.
 * @param {object} data Rows by key; a row is an object or one value. Maps and sets as well.
 * @param {string[]} [wanted] Columns to show, else all there are.
 */
function tableText(data, wanted) {
  if (types.isMap(data)) {
    const pairs = Array.from(data);
    return draw([
      [ITERATION].concat(pairs.map((_, index) => String(index))),
      ['Key'].concat(pairs.map((pair) => cellText(pair[0]))),
      ['Values'].concat(pairs.map((pair) => cellText(pair[1])))
    ]);
  }
  if (types.isSet(data)) {
    const members = Array.from(data);
    return draw([
      [ITERATION].concat(members.map((_, index) => String(index))),
      ['Values'].concat(members.map(cellText))
    ]);
  }
  return draw(columnsOf(data, wanted));
}

function columnsOf(data, wanted) {
  const rows = Object.keys(data);
  const columns = new Map();
  const values = ['Values'];
  rows.forEach((key, row) => {
    const item = data[key];
    const primitive = isPrimitive(item);
    if (primitive && wanted === undefined) {
      values[row + 1] = cellText(item);
      return;
    }
    for (const name of wanted || Object.keys(item)) {
      if (!columns.has(name)) columns.set(name, [name]);
      const present = !primitive && hasOwn.call(item, name);
      if (present) columns.get(name)[row + 1] = cellText(item[name]);
    }
  });
  // Like the keys of an object: numbers first.
  const order = Object.assign({}, ...Array.from(columns.keys(), (name) => ({ [name]: true })));
  const list = Object.keys(order).map((name) => columns.get(name));
  if (values.length > 1) list.push(values);
  return [[INDEX].concat(rows)].concat(list);
}

// Box drawing. Escaped, as one character that is not ASCII would make the engines keep all sources,
// which come as one text, with two bytes for each.
const HORIZONTAL = '\u2500';
const VERTICAL = '\u2502';

function draw(columns) {
  const height = columns[0].length;
  const widths = columns.map((cells) => {
    return cells.reduce((widest, cell) => Math.max(widest, displayWidth(cell || '')), 0) + 2;
  });
  const rule = (left, middle, right) => {
    return left + widths.map((width) => HORIZONTAL.repeat(width)).join(middle) + right;
  };
  const line = (row) => {
    const cells = columns.map((column, index) => {
      const cell = column[row] || '';
      return ' ' + cell + ' '.repeat(widths[index] - displayWidth(cell) - 1);
    });
    return VERTICAL + cells.join(VERTICAL) + VERTICAL;
  };
  const lines = [rule('\u250c', '\u252c', '\u2510'), line(0), rule('\u251c', '\u253c', '\u2524')];
  for (let row = 1; row < height; row++) lines.push(line(row));
  lines.push(rule('\u2514', '\u2534', '\u2518'));
  return lines.join('\n');
}

module.exports = { tableText };
