'use strict';

// console.table: rows and columns in a box.

const {
  arrayConcat,
  arrayForEach,
  arrayFrom,
  arrayJoin,
  arrayMap,
  arrayPush,
  arrayReduce,
  each,
  entriesOfMap,
  hasOwn,
  isArray,
  membersOfSet,
  stringRepeat
} = primordials;

const types = require('node/internal/types');
const { inspect } = require('node/internal/inspect');
const { displayWidth } = require('node/internal/inspect-text');

const INDEX = '(index)';
const ITERATION = '(iteration index)';

function cellText(value) {
  const isRecord = value !== null && typeof value === 'object' && !isArray(value);
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
    const pairs = entriesOfMap(data);
    return draw([
      arrayConcat(
        [ITERATION],
        arrayMap(pairs, (_, index) => String(index))
      ),
      arrayConcat(
        ['Key'],
        arrayMap(pairs, (pair) => cellText(pair[0]))
      ),
      arrayConcat(
        ['Values'],
        arrayMap(pairs, (pair) => cellText(pair[1]))
      )
    ]);
  }
  if (types.isSet(data)) {
    const members = membersOfSet(data);
    return draw([
      arrayConcat(
        [ITERATION],
        arrayMap(members, (_, index) => String(index))
      ),
      arrayConcat(['Values'], arrayMap(members, cellText))
    ]);
  }
  return draw(columnsOf(data, wanted));
}

function columnsOf(data, wanted) {
  const rows = Object.keys(data);
  const columns = new Map();
  const values = ['Values'];
  arrayForEach(rows, (key, row) => {
    const item = data[key];
    const primitive = isPrimitive(item);
    if (primitive && wanted === undefined) {
      values[row + 1] = cellText(item);
      return;
    }
    for (const name of each(wanted || Object.keys(item))) {
      if (!columns.has(name)) columns.set(name, [name]);
      const present = !primitive && hasOwn(item, name);
      if (present) columns.get(name)[row + 1] = cellText(item[name]);
    }
  });
  // Like the keys of an object: numbers first.
  const order = Object.assign({}, ...each(arrayFrom(columns.keys(), (name) => ({ [name]: true }))));
  const list = arrayMap(Object.keys(order), (name) => columns.get(name));
  if (values.length > 1) arrayPush(list, values);
  return arrayConcat([arrayConcat([INDEX], rows)], list);
}

// Box drawing. Escaped, as one character that is not ASCII would make the engines keep all sources,
// which come as one text, with two bytes for each.
const HORIZONTAL = '\u2500';
const VERTICAL = '\u2502';

function draw(columns) {
  const height = columns[0].length;
  const widths = arrayMap(columns, (cells) => {
    return arrayReduce(cells, (widest, cell) => Math.max(widest, displayWidth(cell || '')), 0) + 2;
  });
  const rule = (left, middle, right) => {
    return (
      left +
      arrayJoin(
        arrayMap(widths, (width) => stringRepeat(HORIZONTAL, width)),
        middle
      ) +
      right
    );
  };
  const line = (row) => {
    const cells = arrayMap(columns, (column, index) => {
      const cell = column[row] || '';
      return ' ' + cell + stringRepeat(' ', widths[index] - displayWidth(cell) - 1);
    });
    return VERTICAL + arrayJoin(cells, VERTICAL) + VERTICAL;
  };
  const lines = [rule('\u250c', '\u252c', '\u2510'), line(0), rule('\u251c', '\u253c', '\u2524')];
  for (let row = 1; row < height; row++) arrayPush(lines, line(row));
  arrayPush(lines, rule('\u2514', '\u2534', '\u2518'));
  return arrayJoin(lines, '\n');
}

module.exports = { tableText };
