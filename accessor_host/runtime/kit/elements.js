'use strict';

// Between JavaScript values and the elements of byte streams and datagrams: numbers of a fixed
// size, text, JSON and images, as module specification section 7 has them. The bytes are made and
// read in Python (accessor_host/codecs/elements.py).
//
//   const codec = elementCodec('sendType', type);           // throws for an unknown type
//   host.operation(OPERATION, id, codec.encode(value));     // throws a TypeError
//   socket.emit('message', codec.decode(detail));           // detail: of an event
//
// A payload on its way out is a string, whose UTF-8 is sent, or an array `[kind, ...details]`, what
// `bytes_of` in accessor_host/modules/payloads.py takes. On its way in it is a string: the text; for
// numbers, JSON of one or of a list; for an image `TYPE WIDTH HEIGHT BASE64`.

const {
  arrayConcat,
  arrayIncludes,
  arrayJoin,
  arrayPush,
  each,
  isArray,
  stringToLowerCase,
  stringTrim,
  typedArrayTag
} = primordials;

const { badOption } = require('kit/options');

const NUMBERS = ['byte', 'unsignedbyte', 'short', 'unsignedshort', 'int', 'float', 'double', 'number'];
const RECEIVED = arrayConcat(NUMBERS, ['string', 'json', 'image']);
const IMAGES = {
  __proto__: null,
  image: 'image/jpeg',
  bmp: 'image/bmp',
  gif: 'image/gif',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  png: 'image/png'
};
const SENT = arrayConcat(NUMBERS, ['string', 'json'], Object.keys(IMAGES));

const text = {
  encode(value) {
    // Most often.
    if (typeof value === 'string') return value;
    const content = require('kit/binary').bytesOf(value);
    if (content !== null) return bytes(content);
    if (!isArray(value)) return textOf(value);
    const parts = [];
    for (const item of each(value)) arrayPush(parts, textOf(item));
    return arrayJoin(parts, '');
  },

  decode(payload) {
    return payload;
  }
};

// Stringified here, where the contract has `toString()`: the text of an object would be
// `[object Object]`.
const json = {
  encode(value) {
    const written = host.stringify(value);
    if (written === undefined) throw new TypeError(show(value) + ' has no JSON form');
    return written;
  },

  // What does not parse is delivered as the string it is, as the web-socket modules do.
  decode(payload) {
    try {
      return host.fromJson(payload);
    } catch {
      return payload;
    }
  }
};

function numbers(type) {
  const mayBeNaN = type === 'float' || type === 'double' || type === 'number';
  const isByte = type === 'byte' || type === 'unsignedbyte';
  return {
    encode(value) {
      if (typeof value === 'number') return ['elements', type, numberText(value, type)];
      const content = require('kit/binary').bytesOf(value);
      const tag = content === null ? undefined : typedArrayTag(value);
      // The bytes of what has no numbers, and of what has bytes for numbers, are sent as they are.
      if (content !== null && (tag === undefined || (isByte && tag === 'Uint8Array'))) {
        return bytes(content);
      }
      const list = isArray(value) || tag !== undefined ? value : [value];
      const written = [];
      for (let i = 0; i < list.length; i++) arrayPush(written, numberText(list[i], type));
      return ['elements', type, arrayJoin(written, ',')];
    },

    decode(payload) {
      const value = host.fromJson(payload);
      // NaN has no form in JSON.
      if (value === null) return NaN;
      if (isArray(value) && mayBeNaN) {
        for (let i = 0; i < value.length; i++) if (value[i] === null) value[i] = NaN;
      }
      return value;
    }
  };
}

/** List the types that bytes can be turned into. */
exports.supportedReceiveTypes = () => arrayConcat(RECEIVED);

/** List the types that can be sent. */
exports.supportedSendTypes = () => arrayConcat(SENT);

/**
 * Return the codec of a type.
 * @param {string} option `receiveType` or `sendType`, for the error
 * @param {string} type one of the supported types, in any case
 * @returns {{type: string, encode: function(*): (string|Array), decode: function(string): *}}
 * @throws {TypeError} when the type is not supported
 */
exports.elementCodec = function elementCodec(option, type) {
  const name = typeof type === 'string' ? stringToLowerCase(type) : '';
  const supported = option === 'sendType' ? SENT : RECEIVED;
  for (const known of each(supported)) if (known === name) return codecOf(name);
  throw badOption(option, type, 'one of ' + arrayJoin(supported, ', '));
};

/** Tell whether a type is one of numbers, whose codec makes `['elements', type, text]` of them. */
exports.isNumeric = (type) => arrayIncludes(NUMBERS, type);

function codecOf(type) {
  const codec =
    type === 'string'
      ? text
      : type === 'json'
        ? json
        : type in IMAGES
          ? require('kit/images').imageCodec(IMAGES[type])
          : numbers(type);
  return { type, encode: codec.encode, decode: codec.decode };
}

function numberText(value, type) {
  const isText = typeof value === 'string' && stringTrim(value) !== '';
  const number = isText || typeof value === 'boolean' ? +value : value;
  if (typeof number !== 'number' || (isText && number !== number)) {
    throw new TypeError(show(value) + ' is no number and cannot be sent as ' + type);
  }
  return number === 0 && 1 / number < 0 ? '-0.0' : '' + number;
}

function textOf(value) {
  if (value === null || value === undefined) {
    throw new TypeError(value + ' has no text form and cannot be sent');
  }
  return String(value);
}

function bytes(content) {
  return ['bytes', require('kit/binary').toBase64(content)];
}

function show(value) {
  return require('node/internal/inspect').inspect(value, { depth: 0 });
}
