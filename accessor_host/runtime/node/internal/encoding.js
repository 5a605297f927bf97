'use strict';

// TextEncoder and TextDecoder for UTF-8, the only encoding web sockets have for text.

const {
  isView,
  stringCharCodeAt,
  stringSlice,
  stringToLowerCase,
  stringTrim,
  typedArraySet,
  typedArraySubarray
} = primordials;

const { codedError, wrongType } = require('node/internal/coded-error');
const { utf8Bytes, utf8Read, utf8Tail, utf8Write } = require('node/internal/utf8');

const UTF8_LABELS = new Set([
  'utf-8',
  'utf8',
  'unicode-1-1-utf-8',
  'unicode11utf8',
  'unicode20utf8',
  'x-unicode20utf8'
]);

class TextEncoder {
  get encoding() {
    return 'utf-8';
  }

  /** Encode a string. */
  encode(text = '') {
    return utf8Bytes(String(text));
  }

  /**
   * Encode as much as fits into a given array.
   * @returns {{read: number, written: number}} units taken and bytes made.
   */
  encodeInto(text, target) {
    if (typeof text !== 'string') throw wrongType('src', 'of type string', text);
    if (!(target instanceof Uint8Array)) {
      throw wrongType('dest', 'an instance of Uint8Array', target);
    }
    return utf8Write(text, target, 0, target.length);
  }
}

class TextDecoder {
  /**
   * @param {string} [label] A name of UTF-8.
   * @param {object} [options] `fatal`: throw on malformed bytes; `ignoreBOM`: keep the mark.
   * @throws {RangeError} for any other encoding.
   */
  constructor(label = 'utf-8', options = undefined) {
    const name = stringToLowerCase(stringTrim(String(label)));
    if (!UTF8_LABELS.has(name)) {
      const text = 'The "' + label + '" encoding is not supported';
      throw codedError(RangeError, 'ERR_ENCODING_NOT_SUPPORTED', text);
    }
    const { fatal = false, ignoreBOM = false } = options || {};
    const settings = { fatal: Boolean(fatal), ignoreBOM: Boolean(ignoreBOM) };
    Object.defineProperty(this, 'settings', { __proto__: null, value: settings });
    Object.defineProperty(this, 'state', {
      __proto__: null,
      value: { waiting: undefined, begun: false }
    });
  }

  get encoding() {
    return 'utf-8';
  }

  get fatal() {
    return this.settings.fatal;
  }

  get ignoreBOM() {
    return this.settings.ignoreBOM;
  }

  /**
   * Decode bytes.
   * @param {ArrayBuffer|ArrayBufferView} [input] Nothing ends a stream.
   * @param {object} [options] `stream`: the last character may go on in the next call.
   * @throws {TypeError} on malformed bytes, if the decoder is fatal.
   */
  decode(input = undefined, options = undefined) {
    const { state } = this;
    const stream = Boolean(options && options.stream);
    let bytes = join(state.waiting, bytesOf(input));
    state.waiting = undefined;
    const tail = stream ? utf8Tail(bytes, 0, bytes.length) : 0;
    if (tail > 0) {
      state.waiting = bytes.slice(bytes.length - tail);
      bytes = typedArraySubarray(bytes, 0, bytes.length - tail);
    }
    let text;
    try {
      text = utf8Read(bytes, 0, bytes.length, this.fatal);
    } catch (error) {
      state.waiting = undefined;
      state.begun = false;
      throw codedError(TypeError, 'ERR_ENCODING_INVALID_ENCODED_DATA', error.message);
    }
    if (text !== '') {
      if (!state.begun && !this.ignoreBOM && stringCharCodeAt(text, 0) === 0xfeff)
        text = stringSlice(text, 1);
      state.begun = true;
    }
    if (!stream) state.begun = false;
    return text;
  }
}

function bytesOf(input) {
  if (input === undefined) return new Uint8Array(0);
  if (isView(input)) {
    return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  }
  if (
    input instanceof ArrayBuffer ||
    (typeof SharedArrayBuffer === 'function' && input instanceof SharedArrayBuffer)
  ) {
    return new Uint8Array(input);
  }
  throw wrongType(
    'list',
    'an instance of SharedArrayBuffer, ArrayBuffer or ArrayBufferView',
    input
  );
}

function join(waiting, bytes) {
  if (waiting === undefined) return bytes;
  const whole = new Uint8Array(waiting.length + bytes.length);
  typedArraySet(whole, waiting);
  typedArraySet(whole, bytes, waiting.length);
  return whole;
}

function tag(Class, name) {
  const descriptor = { __proto__: null, value: name, configurable: true };
  Object.defineProperty(Class.prototype, Symbol.toStringTag, descriptor);
}

tag(TextEncoder, 'TextEncoder');
tag(TextDecoder, 'TextDecoder');

module.exports = { TextDecoder, TextEncoder };
