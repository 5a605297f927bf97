import { EventEmitter } from 'events';

/** Options; null stands for the default. */
export interface RequestOptions {
  /**
   * URL, or an object with its parts: see `UrlParts`. Spaces and letters beyond ASCII are
   * percent-encoded; 'user:password@' before the host becomes a header Authorization.
   */
  url?: string | null;
  /** Method of the request; in lower case, it is the same. */
  method?: string | null;
  /**
   * Fields of the request: for each name a text, or a list of texts for a field that comes
   * several times. Connection and Content-Length are known better here and ignored; Host,
   * Transfer-Encoding, Upgrade and others of the connection are not allowed. Errors and logs show
   * no value.
   */
  headers?: Record<string, string | string[]> | null;
  /**
   * What is sent: a text, as UTF-8; bytes; an image, {data} or {width, height, pixels}; or any
   * other object, as JSON with the type application/json.
   */
  body?: string | null;
  /** Whether to keep the connection for further requests to the same server, for 4 seconds. */
  keepAlive?: boolean | null;
  /** Milliseconds to connect: name, TCP, TLS and proxy together. */
  timeout?: number | null;
  /**
   * Milliseconds until the whole answer is there, redirects and waiting for a connection
   * included. Of an answer in pieces, milliseconds without one.
   */
  responseTimeout?: number | null;
  /**
   * Whether the callback is called once, with the whole answer. With false it is called for each
   * piece as it comes.
   */
  outputCompleteResponseOnly?: boolean | null;
  /**
   * Most bytes of an answer's body; more is an 'error'. An answer in pieces may have any number.
   */
  maxBodySize?: number | null;
  /**
   * Redirects that are followed, to http and https alone; one more is an 'error'. 0 hands them
   * over as answers. Another server is not told Authorization and Cookie.
   */
  maxRedirects?: number | null;
  /**
   * Whether to accept any certificate, even one that proves nothing. Only for tests: whoever
   * answers can read and change all messages.
   */
  trustAll?: boolean | null;
  /**
   * PEM file of the authorities whose certificates are accepted; empty accepts those that the
   * operating system does.
   */
  trustedCACertPath?: string | null;
  /**
   * Name or IP address of an HTTP proxy that makes a tunnel to the server (CONNECT); 'direct' is
   * none. Empty takes what the environment says, as with web-socket-client.
   */
  proxyHost?: string | null;
  /** TCP port of the proxy. */
  proxyPort?: number | null;
}

/** The parts of a URL. */
export interface UrlParts {
  /** Name or IP address; 'localhost' by default. */
  host?: null | string;
  /** Path, perhaps with a query; '/' by default. */
  path?: null | string;
  /** TCP port; 80 by default, for https 443. */
  port?: null | number | string;
  /** 'http', the default, or 'https'. */
  protocol?: null | string;
  /** What follows the path, with or without its '?'. */
  query?: null | string;
}

/** What a request may carry. */
export type Body = string | number | boolean | Uint8Array | ArrayBuffer | object;

/** A URL, or options. */
export type Options =
  | string
  | (Omit<RequestOptions, 'url' | 'body'> & { url?: string | UrlParts | null; body?: Body | null });

/** An answer, or a piece of one. */
export interface IncomingMessage {
  /**
   * A string, by the character set that the answer names, else UTF-8. Of an image, sound, video or
   * other binary type a Buffer, as of what is compressed; of an image that this host knows, an
   * object `{type, width, height, data}`, as a web socket receives it.
   */
  readonly body: any;
  /** The status, 200 for success. */
  readonly statusCode: number;
  /** The words behind it, which may be empty. */
  readonly statusMessage: string;
  /** By names in lower case; fields that came twice are joined, but for `set-cookie`. */
  readonly headers: Record<string, string | string[]>;
  /** The values of the fields `Set-Cookie`. */
  readonly cookies: string[];
}

/** An error with a code for programs. */
export interface CodedError extends Error {
  code: string;
}

/** What is called with an answer; with null when there is none. */
export type Callback = (message: IncomingMessage | null) => void;

/** One request. */
export class ClientRequest extends EventEmitter {
  /** @throws {TypeError} an option's value is not allowed */
  constructor(options?: Options | null, callback?: Callback | null);
  /**
   * Add to the body of the request.
   * @throws {Error} the request is on its way already, or its body too large
   */
  write(data: string | Uint8Array, encoding?: string): boolean;
  /** Send the request; nothing when that was done. */
  end(data?: string | Uint8Array, encoding?: string): this;
  /** Give the request up: neither an answer nor an error follows. */
  stop(): void;
  on(event: 'response', listener: (message: IncomingMessage) => void): this;
  on(event: 'end', listener: () => void): this;
  on(event: 'error', listener: (error: CodedError) => void): this;
}

/**
 * Make a request, which is sent by its `end()`.
 * @throws {TypeError} an option's value is not allowed
 */
export function request(options?: Options | null, callback?: Callback | null): ClientRequest;
/** Make a GET request and send it. */
export function get(options?: Options | null, callback?: Callback | null): ClientRequest;
/** Make a POST request, whatever the options say, and send it; the following do likewise. */
export function post(options?: Options | null, callback?: Callback | null): ClientRequest;
export function put(options?: Options | null, callback?: Callback | null): ClientRequest;
export function patch(options?: Options | null, callback?: Callback | null): ClientRequest;
export function head(options?: Options | null, callback?: Callback | null): ClientRequest;
declare function remove(options?: Options | null, callback?: Callback | null): ClientRequest;
export { remove as delete };
