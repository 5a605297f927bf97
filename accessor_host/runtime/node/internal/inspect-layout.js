'use strict';

// Where inspect puts the entries of one object: on one line, in columns, or below each other.

const {
  arrayJoin,
  arrayPush,
  each,
  stringIncludes,
  stringPadEnd,
  stringPadStart,
  stringRepeat
} = primordials;

const { stripVTControlCharacters } = require('node/internal/inspect-text');

// Up to here an array is easier to read without columns.
const MAX_UNGROUPED = 6;
// A character is about this much taller than wide; columns aim at a square block.
const CHARACTER_HEIGHT = 2.5;
const MAX_COLUMNS = 15;
const SEPARATOR = 2;
// What a cell's separator and quotes add to the width that counts.
const CELL_MARGIN = 3;

function visibleLength(ctx, text) {
  return ctx.colors ? stripVTControlCharacters(text).length : text.length;
}

// The last entry says how many items are left out, if any are; it stays below the columns.
function columnsOf(ctx, entries, value) {
  const count = entries.length > ctx.maxArrayLength ? entries.length - 1 : entries.length;
  const lengths = [];
  let total = 0;
  let longest = 0;
  for (let i = 0; i < count; i++) {
    const length = visibleLength(ctx, entries[i]);
    arrayPush(lengths, length);
    total += length + SEPARATOR;
    if (length > longest) longest = length;
  }
  const cell = longest + SEPARATOR;
  const fits = cell * 3 + ctx.indentation < ctx.breakLength;
  if (!fits || (total / cell <= 5 && longest > 6)) return entries;

  // Entries of very different lengths waste room, so a typical cell counts as narrower.
  const spread = Math.sqrt(cell - total / entries.length);
  const typical = Math.max(cell - CELL_MARGIN - spread, 1);
  const columns = Math.min(
    Math.round(Math.sqrt(CHARACTER_HEIGHT * typical * count) / typical),
    Math.floor((ctx.breakLength - ctx.indentation) / cell),
    ctx.compact * 4,
    MAX_COLUMNS
  );
  if (columns <= 1) return entries;

  const widths = [];
  for (let column = 0; column < columns; column++) {
    let width = 0;
    for (let i = column; i < count; i += columns) width = Math.max(width, lengths[i]);
    arrayPush(widths, width + SEPARATOR);
  }
  const alignRight = holdsOnlyNumbers(value, entries.length);
  const lines = [];
  for (let first = 0; first < count; first += columns) {
    const last = Math.min(first + columns, count) - 1;
    const cells = [];
    for (let i = first; i <= last; i++) {
      const hidden = entries[i].length - lengths[i];
      const width = widths[i - first] + hidden;
      if (i < last) {
        const cellText = entries[i] + ', ';
        arrayPush(
          cells,
          alignRight ? stringPadStart(cellText, width) : stringPadEnd(cellText, width)
        );
      } else {
        arrayPush(cells, alignRight ? stringPadStart(entries[i], width - SEPARATOR) : entries[i]);
      }
    }
    arrayPush(lines, arrayJoin(cells, ''));
  }
  if (count < entries.length) arrayPush(lines, entries[count]);
  return lines;
}

function holdsOnlyNumbers(value, count) {
  if (value === undefined) return true;
  for (let i = 0; i < count; i++) {
    if (typeof value[i] !== 'number' && typeof value[i] !== 'bigint') return false;
  }
  return true;
}

function fitsOneLine(ctx, entries, start, base) {
  let length = entries.length + start;
  if (length + entries.length > ctx.breakLength) return false;
  for (let i = 0; i < entries.length; i++) {
    length += visibleLength(ctx, entries[i]);
    if (length > ctx.breakLength) return false;
  }
  return !stringIncludes(base, '\n');
}

/**
 * Join the entries of one object.
 * @param {object} ctx State of this inspection.
 * @param {string[]} entries Finished texts.
 * @param {object} shape `base` text before the braces, `braces`, `isList`, `value`.
 * @param {number} level Depth of the object.
 */
function layOut(ctx, entries, shape, level) {
  const { base, braces } = shape;
  const [open, close] = each(braces);
  const lead = base === '' ? '' : base + ' ';

  if (ctx.compact === true) {
    if (fitsOneLine(ctx, entries, 0, base)) {
      return open + (base === '' ? '' : ' ' + base) + ' ' + arrayJoin(entries, ', ') + ' ' + close;
    }
    const margin = '\n' + stringRepeat(' ', ctx.indentation) + '  ';
    const first = base === '' && open.length === 1 ? ' ' : (base && ' ' + base) + margin;
    return open + first + arrayJoin(entries, ',' + margin) + ' ' + close;
  }

  let rows = entries;
  if (ctx.compact >= 1) {
    if (shape.isList && entries.length > MAX_UNGROUPED) {
      rows = columnsOf(ctx, entries, shape.value);
    }
    // Only the innermost levels share a line, and never what was put in columns.
    if (ctx.deepest - level < ctx.compact && rows === entries) {
      const start = rows.length + ctx.indentation + open.length + base.length + 10;
      if (fitsOneLine(ctx, rows, start, base)) {
        const joined = arrayJoin(rows, ', ');
        if (!stringIncludes(joined, '\n')) return lead + open + ' ' + joined + ' ' + close;
      }
    }
  }
  const margin = '\n' + stringRepeat(' ', ctx.indentation);
  return lead + open + margin + '  ' + arrayJoin(rows, ',' + margin + '  ') + margin + close;
}

module.exports = { layOut };
