'use strict';

// The module text-display of the specification, for a host without windows: lines on standard
// output, in order with those of the console.

const { inspect } = require('util');

/** A display of texts under a title. */
class TextDisplay {
  /**
   * @param {string} [title] stands before each text; without one, a text stands alone
   */
  constructor(title) {
    this.title = title === undefined || title === null ? '' : String(title);
  }

  /** Add a text to what is displayed. */
  appendText(text) {
    // As console.log does: a string as it is, any other value as people read it.
    const shown = typeof text === 'string' ? text : inspect(text);
    const head = this.title === '' ? '' : this.title + ': ';
    host.operation('print', 'stdout', head + shown + '\n');
  }

  /** Display a text instead of what was there; what is printed stays, so this adds it too. */
  displayText(text) {
    this.appendText(text);
  }
}

exports.TextDisplay = TextDisplay;
