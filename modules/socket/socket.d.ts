import { EventEmitter } from 'events';

/** Options of both classes; null stands for the default. */
export interface SocketOptions {
  /**
   * Type that incoming bytes are decoded to: byte, unsignedbyte, short, unsignedshort, int,
   * float, double or number (the same), big-endian; string (UTF-8), json or image.
   */
  receiveType?: string | null;
  /**
   * Type that outgoing values are encoded to: those of receiveType, where image is sent as JPEG,
   * and bmp, gif, jpeg, jpg and png for images of that format. A number that does not fit wraps.
   */
  sendType?: string | null;
  /**
   * Whether bytes go as they are. Otherwise each send is a message with its length before it, and
   * arrives as one 'data'; both ends have to say so.
   */
  rawBytes?: boolean | null;
  /**
   * Whether numbers that come together are one 'data' with an array. Only with rawBytes;
   * otherwise each number is a 'data' of its own.
   */
  emitBatchDataAsAvailable?: boolean | null;
  /**
   * Seconds without a byte in either direction after which the connection is closed; 0 is never.
   */
  idleTimeout?: number | null;
  /** Whether the operating system asks a peer that is silent whether it is still there. */
  keepAlive?: boolean | null;
  /**
   * Whether small writes leave at once instead of waiting for answers to earlier ones (Nagle's
   * algorithm).
   */
  noDelay?: boolean | null;
  /**
   * Bytes that have come and that the operating system holds until they are read; 0 leaves it to
   * the system.
   */
  receiveBufferSize?: number | null;
  /** Bytes on their way that the operating system holds; 0 leaves it to the system. */
  sendBufferSize?: number | null;
  /**
   * Most bytes of an incoming message, without rawBytes. A longer one is an 'error' as soon as
   * its length has come, and the end of the connection.
   */
  maxMessageSize?: number | null;
  /**
   * Most bytes that may wait for a peer that does not read; one more send is an 'error' and the
   * end of the connection. As many may wait in the queue of a SocketClient before it is open.
   */
  maxUnsentBytes?: number | null;
  /** Whether to speak TLS, 1.2 or newer, over TCP. */
  sslTls?: boolean | null;
  /**
   * PKCS#12 (PFX) file with a key and its certificate, for a SocketServer with sslTls, or for a
   * SocketClient whose server asks for one.
   */
  pfxKeyCertPath?: string | null;
  /** Password of the file that pfxKeyCertPath names. */
  pfxKeyCertPassword?: string | null;
  /**
   * PEM file that holds the private key, instead of pfxKeyCertPath; empty when the file that
   * pemCertPath names holds it too.
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
   * PEM file of the authorities whose certificates are accepted: a server's, by a SocketClient,
   * instead of those that the operating system trusts; clients', by a SocketServer with
   * clientAuth.
   */
  trustedCACertPath?: string | null;
}

/** Options of a SocketClient. */
export interface SocketClientOptions extends SocketOptions {
  /**
   * SocketClient only: milliseconds that one attempt to connect may take: name, TCP and TLS
   * together. 0 is no limit.
   */
  connectTimeout?: number | null;
  /**
   * SocketClient only: whether to drop, with one line in the log, what is sent while it is not
   * open, instead of queuing it.
   */
  discardMessagesBeforeOpen?: boolean | null;
  /**
   * SocketClient only: most messages that wait until it is open. The one that fills the queue
   * still waits, yet send throws, and what comes then is not queued; 0 is no limit but
   * maxUnsentBytes.
   */
  maxUnsentMessages?: number | null;
  /**
   * SocketClient only: attempts to connect after the first one that fails; only when the last one
   * has failed, there is an 'error'. A connection that was open and ends is not opened again.
   */
  reconnectAttempts?: number | null;
  /** SocketClient only: milliseconds between two attempts to connect. */
  reconnectInterval?: number | null;
  /**
   * SocketClient only: whether to accept any certificate, even one that proves nothing. Only for
   * tests: whoever answers can read and change everything.
   */
  trustAll?: boolean | null;
}

/** Options of a SocketServer. */
export interface SocketServerOptions extends SocketOptions {
  /** SocketServer only: TCP port to listen on; 0 takes any free one, which 'listening' tells. */
  port?: number | null;
  /**
   * SocketServer only: name or IP address of the interface to listen on; 0.0.0.0 is every one of
   * IPv4, :: every one of IPv6.
   */
  hostInterface?: string | null;
  /**
   * SocketServer only, with sslTls: whether clients are asked for a certificate of an authority
   * in trustedCACertPath. request asks, and refuses a bad one; required refuses those without
   * one, too.
   */
  clientAuth?: string | null;
  /** SocketServer only: most clients at a time; further ones are dropped. 0 is no limit. */
  maxConnections?: number | null;
}

/** An image, as it is sent: encoded bytes, or pixels. */
export type OutgoingImage =
  | { data: Uint8Array }
  | { width: number; height: number; pixels: Uint8Array };

/** An error with a code for programs. */
export interface CodedError extends Error {
  code: string;
}

/** List the types that `receiveType` takes. */
export function supportedReceiveTypes(): string[];

/** List the types that `sendType` takes. */
export function supportedSendTypes(): string[];

/** A client of a TCP server. */
export class SocketClient extends EventEmitter {
  readonly port: number;
  readonly host: string;
  readonly options: SocketClientOptions;
  /**
   * Port 4000 and localhost unless told otherwise.
   * @throws {TypeError} the port, the host or an option's value is not allowed
   */
  constructor(port?: number | null, host?: string | null, options?: SocketClientOptions | null);
  /** Begin to connect; `open` or `error` follows. */
  open(): void;
  /**
   * Send a value, encoded by `sendType`; it waits until the client is open.
   * @throws {TypeError} the value has no form in that type
   * @throws {string} `maxUnsentMessages` wait now
   */
  send(value: unknown): void;
  /** Deliver what was sent and close, or stop connecting. */
  close(): void;
  on(event: 'open', listener: () => void): this;
  on(event: 'data', listener: (value: any) => void): this;
  on(event: 'close', listener: () => void): this;
  on(event: 'error', listener: (error: CodedError) => void): this;
}

/** A server that listens for TCP connections. */
export class SocketServer extends EventEmitter {
  readonly options: SocketServerOptions;
  /** @throws {TypeError} an option's value is not allowed */
  constructor(options?: SocketServerOptions | null);
  /** Begin to listen; `listening` or `error` follows. */
  start(): void;
  /** Stop listening and close every socket; `close` follows. */
  stop(): void;
  on(event: 'listening', listener: (port: number) => void): this;
  on(event: 'connection', listener: (socket: Socket) => void): this;
  on(event: 'close', listener: () => void): this;
  on(event: 'error', listener: (error: CodedError) => void): this;
}

/** One connection of a client, made by a SocketServer. */
export class Socket extends EventEmitter {
  private constructor();
  /**
   * Send a value, encoded by the server's `sendType`.
   * @returns false when the socket is not open
   * @throws {TypeError} the value has no form in that type
   */
  send(value: unknown): boolean;
  /** Deliver what was sent and close; `close` follows. */
  close(): void;
  /** Return the address of the client. */
  remoteHost(): string;
  /** Return the port of the client. */
  remotePort(): number;
  on(event: 'data', listener: (value: any) => void): this;
  on(event: 'close', listener: () => void): this;
  on(event: 'error', listener: (error: CodedError) => void): this;
}
