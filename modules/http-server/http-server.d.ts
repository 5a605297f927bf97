import type { EventEmitter } from 'events';

/** Options; null stands for the default. */
export interface HttpServerOptions {
  /**
   * Name or IP address of the local interface to listen on. 'localhost' listens on the IPv4 and the
   * IPv6 loopback address where both exist; '0.0.0.0' is every IPv4 interface, '::' every IPv6
   * interface. 'unix:' and a path is a Unix socket, for programs on this machine; port is not used
   * then.
   */
  hostInterface?: string | null;
  /**
   * TCP port to listen on; 0 takes any free port, which the 'listening' event reports. Ports below
   * 1024 usually need a privilege.
   */
  port?: number | null;
  /** Milliseconds that the script has to answer a request; then the client gets a 500. */
  timeout?: number | null;
  /**
   * Folder whose files answer GET and HEAD requests; a relative one starts at the current directory
   * of the process. What is not there is a 'request'. Names that begin with a dot are not served,
   * nor what links lead to outside of the folder. Empty for none.
   */
  static?: string | null;
  /**
   * Whether to serve https instead of http. It needs a key and a certificate: pfxKeyCertPath, or
   * pemCertPath and pemKeyPath.
   */
  sslTls?: boolean | null;
  /**
   * PKCS#12 (PFX) file that holds the key and the certificate. Like the other files of sslTls, it
   * is read at each start, and again when a client comes after it was replaced.
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
  /** PEM file of the authorities whose clients are trusted; for requestClientCert. */
  clientCACertPath?: string | null;
  /**
   * Whether clients show a certificate, with sslTls: 'none' asks for none; 'request' asks, and
   * refuses one that has expired or that no authority of clientCACertPath has signed; 'require'
   * also refuses a client without one. Whoever is refused gets no further than the TLS handshake.
   */
  requestClientCert?: string | null;
  /** Most bytes of a request line and its headers; more are answered with 431. */
  maxHeadSize?: number | null;
  /** Most headers of a request; more are answered with 431. */
  maxHeaders?: number | null;
  /** Most bytes of a request's body; more are answered with 413. */
  maxBodySize?: number | null;
  /**
   * Most bytes of all bodies together that are not answered yet; whoever sends more is answered
   * with 503. At least maxBodySize counts.
   */
  maxHeldBytes?: number | null;
  /**
   * Milliseconds that a client has for the head of a request, however it spreads its bytes; then it
   * is answered with 408.
   */
  headTimeout?: number | null;
  /** Milliseconds that a client has for the body of a request; then it is answered with 408. */
  bodyTimeout?: number | null;
  /**
   * Milliseconds that a connection stays open between an answer and the next request. As long may a
   * client not read at all from an answer.
   */
  idleTimeout?: number | null;
  /**
   * Most bytes of an answer. They wait in memory for a client that reads slowly; files of static do
   * not.
   */
  maxUnsentBytes?: number | null;
  /** Most clients at a time; others are answered with 503. 0 is no limit. */
  maxConnections?: number | null;
  /**
   * Most connections at a time of one host; others are answered with 429. IPv6 addresses count by
   * their network /64. 0 is no limit.
   */
  maxConnectionsPerHost?: number | null;
  /**
   * Most new connections of one host in a second; others are answered with 429. IPv6 addresses
   * count by their network /64. 0 is no limit.
   */
  connectionRate?: number | null;
  /**
   * IP addresses and networks of reverse proxies whose X-Forwarded-For is believed, and 'unix:' for
   * whoever connects to a Unix socket. remoteHost and the limits of one host are then about the
   * client that the proxy names, for as long as its request waits for an answer. The field is
   * ignored when it comes from anybody else, and always with null.
   */
  trustedProxies?: string[] | null;
  /**
   * Permissions of a Unix socket's file, which decide who may connect: 0o660, that is 432, for its
   * owner and group, 0o666 for everybody.
   */
  socketMode?: number | null;
  /**
   * Whether other programs of the same user may listen on this port too, if they say so as well
   * (SO_REUSEPORT); Linux spreads the connections over them.
   */
  reusePort?: boolean | null;
}

/** A request that waits for an answer. */
export interface HttpRequest {
  /** What `respond` takes. */
  requestID: number;
  method: string;
  /** The path, as the client wrote it, without query. */
  path: string;
  /** The headers by their names in lower case; those that came twice are joined. */
  headers: Record<string, string>;
  /** What the query says; a name that came twice has a list. */
  params: Record<string, string | string[]>;
  /** A text, or bytes where its type is none of text; null when there is none. */
  body: string | Buffer | null;
  /** The address of the client; empty on a Unix socket. */
  remoteHost: string;
  /** Whether it came over TLS; not there otherwise. */
  secure?: true;
  /** What the client's verified certificate says, or null; over TLS only. */
  clientCertificate?: null | object;
}

/** An error with a code for programs. */
export interface CodedError extends Error {
  code: string;
}

/** What an answer can be: text, bytes, an image, or a value for JSON. */
export type Answer =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | ArrayBuffer
  | { type: string; data: Uint8Array }
  | { width: number; height: number; pixels: Uint8Array }
  | object;

/** A server that answers HTTP requests. */
export class HttpServer extends EventEmitter {
  /** @throws {TypeError} an option's value is not allowed */
  constructor(options?: HttpServerOptions | null);
  /** Begin to listen; `listening` or `error` follows. */
  start(): void;
  /** Stop listening; requests that wait for an answer get a 503, and `close` follows. */
  stop(): void;
  /** Return where it listens, or null; for a Unix socket its path, 'unix' and 0. */
  address(): { address: string; family: 'IPv4' | 'IPv6' | 'unix'; port: number } | null;
  /**
   * Answer a request; nothing when it waits for no answer any more.
   * @param responseCode status, 200 to 599; 200 unless it is given
   * @param more type of the body, or headers by their names
   * @throws {TypeError|RangeError} one of these is not allowed; the request waits on
   */
  respond(
    requestID: number | string,
    text?: Answer,
    responseCode?: number | null,
    more?: string | Record<string, string | number | string[]> | null
  ): void;
  on(event: 'listening', listener: (port: number) => void): this;
  on(event: 'request', listener: (request: HttpRequest) => void): this;
  on(event: 'error', listener: (error: CodedError) => void): this;
  on(event: 'close', listener: () => void): this;
}
