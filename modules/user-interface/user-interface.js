'use strict';

// The module user-interface of the specification. The page and its web socket are Python's
// (accessor_host/modules/user_interface/binding.py): operations go there, events come from there.

const { apply } = primordials;

const { EventEmitter, listenersOf } = require('kit/emitter');
const { errorOf, wrongType } = require('kit/errors');
const options = require('kit/options');

const SCHEMA = 'user-interface';

/**
 * A page in browsers.
 *
 * Emits `listening` (port), `connection`, `message` (text), `error` (Error) and `close`.
 */
class UserInterface extends EventEmitter {
  #state;

  /**
   * @param {object} [given] options, see schemas/user-interface.schema.json
   * @param {string} [header] HTML for the head of the page
   * @param {string} [content] HTML for its body, until something is displayed
   * @throws {TypeError} an option's value is not allowed
   */
  constructor(given, header = '', content = '') {
    super();
    const resolved = options.resolve(SCHEMA, given);
    options.assign(this, SCHEMA, resolved);
    this.#state = new PageState(this, resolved, textOf('header', header));
    this.#state.content = textOf('content', content);
  }

  /** Show HTML in place of the content; the first call begins to listen. */
  display(html) {
    const state = this.#state;
    state.content = textOf('html', html);
    if (state.isStarted) {
      host.operation('user-interface.display', ask(state), state.content);
    } else {
      state.isStarted = true;
      host.operation('user-interface.start', ask(state), state.content);
    }
  }

  /**
   * Change an element of the page.
   * @param {string} id of the element
   * @param {string} property `html`, or a property of the element; `src` is loaded again
   * @param {string} content HTML, or a value
   */
  update(id, property, content) {
    const texts = [textOf('id', id), textOf('property', property), textOf('content', content)];
    const state = this.#state;
    host.operation('user-interface.update', ask(state), texts[0], texts[1], texts[2]);
  }

  /**
   * Serve something at a path.
   * @param {string} path of it
   * @param {*} data text or bytes
   * @param {string} type its MIME type
   */
  addResource(path, data, type) {
    const binary = require('kit/binary');
    const bytes = binary.bytesOf(typeof data === 'string' ? binary.encodeUtf8(data) : data);
    if (bytes === null) throw wrongType('data', 'a text or bytes', data);
    const name = textOf('path', path);
    const kind = textOf('type', type === undefined ? 'application/octet-stream' : type);
    host.operation(
      'user-interface.resource',
      ask(this.#state),
      name,
      binary.toBase64(bytes),
      kind
    );
  }

  /**
   * Call a function for each POST to a path, with the body as a text; or, as any emitter, listen to
   * an event: paths begin with `/`.
   */
  addListener(path, listener) {
    if (typeof path !== 'string' || path[0] !== '/') return super.addListener(path, listener);
    if (typeof listener !== 'function') throw wrongType('listener', 'a function', listener);
    this.#state.posts.set(path, listener);
    return this;
  }

  /** Stop; `close` follows. Nothing when it is not started. */
  stop() {
    const state = this.#state;
    if (!state.isStarted) return;
    state.isStarted = false;
    host.operation('user-interface.stop', ask(state));
  }
}

/** What this module knows of a page, and its events. */
class PageState {
  constructor(page, resolved, header) {
    this.page = page;
    this.options = resolved;
    this.header = header;
    this.content = '';
    this.isStarted = false;
    this.posts = new Map();
    this.lease = host.lease('user-interface', this);
  }

  receive(type, a, b, c) {
    receivers[type](this.page, this, a, b, c);
  }

  describe(type, a) {
    if (type === 'post') return ['a listener of a UserInterface', this.posts.get(a)];
    const event = scriptEvents[type];
    return ["'" + event + "' of a UserInterface", listenersOf(this.page, event)[0]];
  }
}

function ask(state) {
  const isNew = state.lease.target === 0;
  const target = state.lease.ask();
  if (isNew) {
    const { options: resolved, header, content } = state;
    host.operation('user-interface.create', target, resolved, header, content);
  }
  return target;
}

// What scripts see of an event.
const scriptEvents = {
  listening: 'listening',
  opened: 'connection',
  message: 'message',
  failed: 'error',
  stopped: 'close'
};

// Events of a page, by name.
const receivers = {
  listening(page, state, port, url) {
    host.operation('print', 'stdout', 'user interface at ' + url + '\n');
    page.emit('listening', port);
  },

  opened(page) {
    page.emit('connection');
  },

  message(page, state, text) {
    page.emit('message', text);
  },

  post(page, state, path, body) {
    const listener = state.posts.get(path);
    if (listener !== undefined) apply(listener, page, [host.fromJson(body)]);
  },

  failed(page, state, code, message, missing) {
    state.isStarted = false;
    page.emit('error', errorOf(code, message, missing));
  },

  stopped(page) {
    page.emit('close');
  },

  idle(page, state, answered) {
    state.lease.offer(answered);
  }
};

// What is text in an obvious way is taken for it.
function textOf(name, value) {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw wrongType(name, 'of type string', value);
}

exports.UserInterface = UserInterface;
