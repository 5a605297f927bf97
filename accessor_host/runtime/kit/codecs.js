'use strict';

// Between JavaScript values and the payloads of messages, by MIME type. The Python half of the
// table is accessor_host/codecs/values.py; tests/vectors/codecs.json keeps the two alike.
//
// For a module with messages (its Python half uses accessor_host/modules/payloads.py alike):
//
//   const codec = codecFor('sendType', type, maxImagePixels);   // throws for an unknown type
//   host.operation('socket.send', id, codec.encode(value));     // throws a TypeError
//   socket.emit('message', codec.decode(payload));              // payload: a detail of the event
//
// A payload is nobody's business but the codecs': a module hands it on as it is. On its way out it
// is a string, the text of a text frame, or an array, `[kind, base64, ...details]`. On its way in
// it is a string: the text of the message; for application/octet-stream its bytes in base64; for an
// image `TYPE WIDTH HEIGHT BASE64`.

const { arrayJoin, arraySlice, hasOwn, regExpTest } = primordials;

const { badOption } = host.requireBuiltin('kit/options');
const { whenTaken } = host.requireBuiltin('core/dispatch');
const repeats = host.requireBuiltin('kit/repeats');
const { fromJson, stringify } = host;

// What this host can do is known to Python: images need a package that may not be installed.
const { image: imageTypes, supported } = host.bundle.types;

// What was written last in this turn.
let last;
whenTaken(() => {
  last = undefined;
  repeats.forget();
});

const json = {
  isJson: true,

  encode(value) {
    const text = value === last ? repeats.writeAgain(value) : stringify(value);
    last = value;
    if (text === undefined) {
      const { inspect } = host.requireBuiltin('node/internal/inspect');
      throw new TypeError(inspect(value) + ' has no JSON form and cannot be sent');
    }
    return text;
  },

  // The specification: what does not parse is delivered as the string it is.
  decode(text) {
    try {
      return fromJson(text);
    } catch {
      return text;
    }
  }
};

const text = {
  encode(value) {
    if (value === null || value === undefined) {
      throw new TypeError(value + ' has no text form and cannot be sent');
    }
    return String(value);
  },

  decode(payload) {
    return payload;
  }
};

const bytes = {
  // A string counts as its UTF-8, as an incoming text frame does. An array of numbers does not
  // say how many bytes each is: Buffer.from does.
  encode(value) {
    const binary = host.requireBuiltin('kit/binary');
    const content = binary.bytesOf(typeof value === 'string' ? binary.encodeUtf8(value) : value);
    if (content === null) {
      const { inspect } = host.requireBuiltin('node/internal/inspect');
      const shown = inspect(value, { depth: 0 });
      throw new TypeError(
        shown +
          ' has no bytes and cannot be sent; expected a Buffer, a typed array, a DataView, ' +
          'an ArrayBuffer or a string'
      );
    }
    return ['bytes', binary.toBase64(content)];
  },

  decode(payload) {
    return host.requireBuiltin('kit/binary').fromBase64(payload);
  }
};

/** List the types that work, in both directions; any other `text/x` works too. */
exports.supportedTypes = function supportedTypes() {
  return arraySlice(supported);
};

/**
 * Return the codec of a type.
 * @param {string} option name of the option that asks, for the error
 * @param {string} type MIME type
 * @param {number} [maxImagePixels] pixels that an image may have
 * @returns {{encode: function(*): (string|Array), decode: function(string): *}}
 * @throws {TypeError} when the type is not supported
 */
exports.codecFor = function codecFor(option, type, maxImagePixels) {
  if (type === 'application/json') return json;
  if (type === 'application/octet-stream') return bytes;
  if (regExpTest(/^text\/[^\s/;]+$/, type)) return text;
  if (hasOwn(imageTypes, type)) {
    return host.requireBuiltin('kit/images').imageCodec(imageTypes[type], maxImagePixels);
  }
  throw badOption(option, type, 'one of ' + arrayJoin(supported, ', ') + ', or another text/ type');
};
