'use strict';

// What inspect calls an object: its class, a function's kind and name, an error's first lines.

const {
  arrayConcat,
  arrayIncludes,
  arrayIndexOf,
  arrayJoin,
  arrayPush,
  arrayRemove,
  arraySlice,
  each,
  errorStack,
  errorToString,
  functionToString,
  hasOwn,
  isArray,
  natives,
  objectToString,
  regExpExec,
  regExpTest,
  stringEndsWith,
  stringIncludes,
  stringIndexOf,
  stringRepeat,
  stringReplace,
  stringSlice,
  stringSplit,
  stringStartsWith
} = primordials;

const types = require('node/internal/types');

/**
 * Name the class of an object, without running getters of it.
 * @returns {?string} null when no prototype leads anywhere.
 */
function className(ctx, value, level) {
  let current = value;
  let first;
  while (current !== null && current !== undefined) {
    // A script may have changed what a prototype of the language calls its constructor.
    const known = current === value ? undefined : natives.names.get(current);
    if (known !== undefined) return known;
    const descriptor = Object.getOwnPropertyDescriptor(current, 'constructor');
    if (descriptor !== undefined) {
      const maker = descriptor.value;
      if (typeof maker === 'function' && maker.name !== '' && isInstance(value, maker)) {
        return String(maker.name);
      }
    }
    current = Object.getPrototypeOf(current);
    if (first === undefined) first = current;
  }
  if (first === null) return null;

  const own = stringSlice(objectToString(value), 8, -1);
  if (ctx.depth !== null && level > ctx.depth) return own + ' <Complex prototype>';
  const inherited = className(ctx, first, level + 1);
  if (inherited !== null) return own + ' <' + inherited + '>';
  const shown = ctx.inspect(first, { depth: -1, customInspect: false });
  return own + ' <' + shown + '>';
}

function isInstance(value, maker) {
  try {
    return value instanceof maker;
  } catch (_) {
    return false;
  }
}

/** Write what stands before the opening brace, with a space after it. */
function prefixOf(name, tag, fallback, size) {
  if (name === null) {
    const start = '[' + fallback + size + ': null prototype] ';
    return tag !== '' && tag !== fallback ? start + '[' + tag + '] ' : start;
  }
  return name + size + (tag !== '' && tag !== name ? ' [' + tag + '] ' : ' ');
}

// A method or an arrow function can be called `class`; its text has a parameter list first.
function isClass(value) {
  const source = functionToString(value);
  if (!stringStartsWith(source, 'class') || !stringEndsWith(source, '}')) return false;
  const head = stringSlice(source, 5, stringIndexOf(source, '{'));
  if (!stringIncludes(head, '(')) return true;
  const bare = stringReplace(source, /\/\*[^]*?\*\/|\/\/[^\n]*/g, '');
  return regExpTest(/^class(?:\s+[^(\s{]+)?(?:\s+extends\s[^{]*)?\s*\{/, bare);
}

/** Name a function or class: "[Function: f]", "[class A extends B]". */
function functionBase(value, name, tag) {
  const tagText = tag !== '' && tag !== name ? ' [' + tag + ']' : '';
  if (isClass(value)) {
    let base = 'class ' + ((hasOwn(value, 'name') && value.name) || '(anonymous)');
    if (name !== 'Function' && name !== null) base += ' [' + name + ']';
    base += tagText;
    if (name === null) return '[' + base + ' extends null]';
    const parent = Object.getPrototypeOf(value).name;
    return '[' + base + (parent ? ' extends ' + parent : '') + ']';
  }
  let kind = 'Function';
  if (types.isGeneratorFunction(value)) kind = 'GeneratorFunction';
  if (types.isAsyncFunction(value)) kind = 'Async' + kind;
  let base = '[' + kind + (name === null ? ' (null prototype)' : '');
  base += value.name === '' ? ' (anonymous)]' : ': ' + String(value.name) + ']';
  if (name !== kind && name !== null) base += ' ' + name;
  return base + tagText;
}

// An engine may give no stack (when it ran out of it), or one without the first line.
function stackOf(error) {
  const header = headerOf(error);
  const stack = errorStack(error);
  if (stack === undefined || stack === null || stack === '') return header;
  const text = String(stack);
  if (regExpTest(/^\s+at /, text)) return header + '\n' + stringReplace(text, /\n+$/, '');
  return refreshHeader(error, text, header);
}

// Node writes the first line when the stack is first read, these engines when the error is made.
// A name given in a constructor, or a message extended by who caught it, is to show all the same;
// a stack that someone else wrote stays.
function refreshHeader(error, stack, header) {
  const framesAt = stringIndexOf(stack, '\n    at');
  const old = framesAt === -1 ? stack : stringSlice(stack, 0, framesAt);
  const prototype = Object.getPrototypeOf(error);
  const madeAs = prototype === null ? '' : String(prototype.name);
  if (old === header || !stringStartsWith(old, madeAs)) return stack;
  const rest = stringSlice(old, madeAs.length);
  if (rest !== '' && !stringStartsWith(rest, ': ')) return stack;
  return stringIncludes(String(error.message), stringSlice(rest, 2))
    ? header + stringSlice(stack, old.length)
    : stack;
}

function headerOf(error) {
  try {
    return String(errorToString(error));
  } catch (_) {
    return 'Error';
  }
}

// An error whose class has another name than it gives itself is shown with both.
function nameClass(stack, className, name, tag) {
  const follows = stack[name.length];
  const regular =
    stringEndsWith(name, 'Error') &&
    stringStartsWith(stack, name) &&
    (follows === undefined || follows === ':' || follows === '\n');
  if (className !== null && !regular) return stack;
  let length = name.length;
  let fallback = 'Error';
  if (className === null) {
    const start =
      regExpExec(/^([A-Z][\w \][()-]+)(?::|\n\s+at)/, stack) ||
      regExpExec(/^([\w-]*Error)$/, stack);
    fallback = start === null ? '' : start[1];
    length = fallback.length;
    fallback = fallback || 'Error';
  }
  const prefix = stringSlice(prefixOf(className, tag, fallback, ''), 0, -1);
  if (name === prefix) return stack;
  if (!stringIncludes(prefix, name)) return prefix + ' [' + name + ']' + stringSlice(stack, length);
  return length === 0 ? prefix + ': ' + stack : prefix + stringSlice(stack, length);
}

// Frames that an error shares with its cause are shown once, under the cause.
const MIN_SHARED_FRAMES = 3;

function dropSharedFrames(ctx, error, frames) {
  const cause = error.cause;
  if (!types.isNativeError(cause)) return frames;
  const causeStack = stackOf(cause);
  const start = stringIndexOf(causeStack, '\n    at');
  if (start === -1) return frames;
  const causeFrames = stringSplit(stringSlice(causeStack, start + 1), '\n');
  const run = longestSharedRun(frames, causeFrames);
  if (run.length <= MIN_SHARED_FRAMES) return frames;
  const skipped = run.length - 2;
  const note = '    ... ' + skipped + ' lines matching cause stack trace ...';
  const before = arraySlice(frames, 0, run.first + 1);
  return arrayConcat(
    before,
    ctx.stylize(note, 'undefined'),
    arraySlice(frames, run.first + 1 + skipped)
  );
}

function longestSharedRun(frames, others) {
  for (let first = 0; first < frames.length - MIN_SHARED_FRAMES; first++) {
    const at = arrayIndexOf(others, frames[first]);
    if (at === -1) continue;
    let length = 1;
    while (frames[first + length] !== undefined && frames[first + length] === others[at + length])
      length++;
    if (length > MIN_SHARED_FRAMES) return { first, length };
  }
  return { first: 0, length: 0 };
}

/**
 * Write an error's stack, and take the keys it already tells from `keys`.
 * An error without frames is put in brackets.
 */
function errorBase(ctx, error, className, tag, keys) {
  const name = error.name === undefined || error.name === null ? 'Error' : String(error.name);
  let stack = stackOf(error);
  if (!ctx.showHidden) dropToldKeys(error, stack, keys);
  if ('cause' in error && !arrayIncludes(keys, 'cause')) arrayPush(keys, 'cause');
  if (isArray(error.errors) && !arrayIncludes(keys, 'errors')) arrayPush(keys, 'errors');

  stack = nameClass(stack, className, name, tag);
  const message = typeof error.message === 'string' ? error.message : '';
  const messageAt = message === '' ? -1 : stringIndexOf(stack, message);
  const framesAt = stringIndexOf(
    stack,
    '\n    at',
    messageAt === -1 ? 0 : messageAt + message.length
  );
  if (framesAt === -1) {
    stack = '[' + stack + ']';
  } else {
    const frames = dropSharedFrames(
      ctx,
      error,
      stringSplit(stringSlice(stack, framesAt + 1), '\n')
    );
    stack = stringSlice(stack, 0, framesAt) + '\n' + arrayJoin(frames, '\n');
  }
  if (ctx.indentation === 0) return stack;
  return arrayJoin(stringSplit(stack, '\n'), '\n' + stringRepeat(' ', ctx.indentation));
}

function dropToldKeys(error, stack, keys) {
  for (const key of each(['name', 'message', 'stack'])) {
    const at = arrayIndexOf(keys, key);
    if (at !== -1 && stringIncludes(stack, String(error[key]))) arrayRemove(keys, at);
  }
}

module.exports = { className, errorBase, functionBase, prefixOf };
