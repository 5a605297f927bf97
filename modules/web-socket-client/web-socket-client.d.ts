import { EventEmitter } from 'events';

/** Options; null stands for the default. */
export interface ClientOptions {
  /** Name or IP address of the server. Of a name's addresses each is tried, IPv6 and IPv4. */
  host?: string | null;
  /** TCP port of the server. 0 is not allowed: nothing can be connected to it. */
  port?: number | null;
  /**
   * Path and query of the request, as in a URL: it begins with '/', in printable ASCII without
   * '#'.
   */
  path?: string | null;
  /**
   * URL of the server, instead of host, port, path and sslTls: 'new Client(URL, options)' gives
   * it too. Without a port it is 80, for wss 443.
   */
  url?: string | null;
  /**
   * Fields that are added to the request: for each name a text, or a list of texts for a field
   * that comes several times; names that belong to the handshake are not allowed. Errors and logs
   * show no value.
   */
  headers?: Record<string, string | string[]> | null;
  /**
   * Subprotocols that are offered to the server, the preferred one first; subprotocol() tells
   * which it chose. A server that chooses another one is an error.
   */
  subprotocols?: string[] | null;
  /**
   * URL of an HTTP proxy that makes a tunnel to the server (CONNECT), perhaps with
   * 'user:password@' before its host; 'direct' is none. Empty takes what the environment says:
   * HTTPS_PROXY for wss, HTTP_PROXY for ws, else ALL_PROXY, and NO_PROXY for hosts that are
   * reached directly, as this machine always is.
   */
  proxy?: string | null;
  /**
   * MIME type that incoming messages are decoded from; 'accessor-host types' lists them. Text and
   * binary frames are both accepted, for images only binary ones.
   */
  receiveType?: string | null;
  /** MIME type that outgoing values are encoded to; 'accessor-host types' lists them. */
  sendType?: string | null;
  /**
   * Milliseconds that one attempt to connect may take: name, TCP, TLS and handshake together. 0
   * is no limit.
   */
  connectTimeout?: number | null;
  /**
   * Attempts to connect after the first one that fails; 0 is none. Only when the last one has
   * failed, there is an 'error'.
   */
  numberOfRetries?: number | null;
  /** Milliseconds between the end of an attempt and the start of the next; 0 is at once. */
  timeBetweenRetries?: number | null;
  /**
   * Whether to drop, with one line in the log, what is sent while the client is not open, instead
   * of queuing it.
   */
  discardMessagesBeforeOpen?: boolean | null;
  /**
   * Milliseconds between messages that were queued when the client opens: they leave one at a
   * time, n of them in n - 1 times this. What is sent meanwhile follows them at once. 0 sends all
   * at once.
   */
  throttleFactor?: number | null;
  /**
   * Most messages that wait for the client to open; one more is an 'error' and is not sent. 1,000
   * are sixteen seconds, which is what the default retries take, of sixty messages a second. 0
   * queues none.
   */
  maxQueuedMessages?: number | null;
  /** Whether to connect to wss, that is WebSocket over TLS, instead of ws. */
  sslTls?: boolean | null;
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
   * Name of the server in TLS (SNI) and in its certificate; empty takes host. For a server that
   * is reached by an address, or under another name.
   */
  serverName?: string | null;
  /**
   * PKCS#12 (PFX) file with a key and a certificate of the client, for servers that ask for one.
   * Like the other files of sslTls, it is read at each open.
   */
  pfxKeyCertPath?: string | null;
  /** Password of the file that pfxKeyCertPath names. */
  pfxKeyCertPassword?: string | null;
  /**
   * PEM file that holds the client's private key, instead of pfxKeyCertPath; empty when the file
   * that pemCertPath names holds it too.
   */
  pemKeyPath?: string | null;
  /**
   * PEM file that holds the certificate for that key, and those of intermediate authorities if
   * there are any.
   */
  pemCertPath?: string | null;
  /** Password of the private key in PEM; empty when it is not encrypted. */
  pemKeyPassword?: string | null;
  /**
   * Largest incoming message in bytes, over all its fragments. A larger one closes the client
   * with 1009.
   */
  maxMessageSize?: number | null;
  /**
   * Largest number of fragments in one incoming message, empty ones counted. More close the
   * client with 1009.
   */
  maxFragments?: number | null;
  /**
   * Most pixels, width times height, of an image in either direction; checked before it is
   * decoded, which takes time and 4 bytes for each pixel. A larger image is dropped with an
   * 'error', its socket stays open.
   */
  maxImagePixels?: number | null;
  /** Milliseconds between keep-alive pings; 0 sends none. */
  pingInterval?: number | null;
  /** Milliseconds that the server has to answer a ping; then the client is closed with 1011. */
  pingTimeout?: number | null;
  /** Milliseconds that the server has for its part of the closing handshake; then TCP is cut. */
  closingTimeout?: number | null;
  /**
   * Most bytes that may wait for a server that does not read; one more message closes the client
   * with 1008. As many may wait in the queue before it is open. It also limits the size of one
   * outgoing message.
   */
  maxUnsentBytes?: number | null;
  /**
   * Whether to offer the server compressed messages (permessage-deflate), in both directions. It
   * saves bytes on the network and costs time for every message; limits count decompressed bytes.
   */
  compression?: boolean | null;
}

/** An image, as it is sent: encoded bytes, or pixels. */
export type OutgoingImage =
  | { data: Uint8Array }
  | { width: number; height: number; pixels: Uint8Array };

/** An image that was received. */
export interface ReceivedImage {
  /** MIME type. */
  readonly type: string;
  readonly width: number;
  readonly height: number;
  /** The encoded bytes. */
  readonly data: Buffer;
  /** Decode the pixels, row by row from the top: red, green, blue and alpha, a byte each. */
  toRGBA(): Promise<Buffer>;
}

/** An error with a code for programs. */
export interface CodedError extends Error {
  code: string;
}

/** List the MIME types that `receiveType` takes. */
export function supportedReceiveTypes(): string[];

/** List the MIME types that `sendType` takes. */
export function supportedSendTypes(): string[];

/** A client of a web socket server. */
export class Client extends EventEmitter {
  /** @throws {TypeError} an option's value is not allowed */
  constructor(options?: ClientOptions | null);
  /** @throws {TypeError} the URL, or an option's value, is not allowed */
  constructor(url: string, options?: ClientOptions | null);
  /** Begin to connect; `open` or `error` follows. */
  open(): void;
  /**
   * Send a value, encoded by `sendType`; it waits until the client is open.
   * @throws {TypeError} the value has no form in that type
   */
  send(value: unknown): void;
  /** Deliver what was sent and close, or stop connecting. */
  close(code?: number, reason?: string): void;
  /** Tell whether messages go out at once. */
  isOpen(): boolean;
  /** Return what the server chose of `subprotocols` when the client opened last; '' for none. */
  subprotocol(): string;
  on(event: 'open', listener: () => void): this;
  on(event: 'message', listener: (value: any) => void): this;
  on(event: 'close', listener: (code: number, reason: string) => void): this;
  on(event: 'error', listener: (error: CodedError) => void): this;
}
