import { EventEmitter } from 'events';

/** Options; null stands for the default. */
export interface ServerOptions {
  /**
   * Name or IP address of the local interface to listen on. 'localhost' listens on the IPv4 and
   * the IPv6 loopback address where both exist; '0.0.0.0' is every IPv4 interface, '::' every IPv6
   * interface. 'unix:' and a path is a Unix socket, for programs on this machine; port is not used
   * then.
   */
  hostInterface?: string | null;
  /**
   * TCP port to listen on; 0 takes any free port, which the 'listening' event reports. Ports below
   * 1024 usually need a privilege.
   */
  port?: number | null;
  /**
   * MIME type that incoming messages are decoded from; 'accessor-host types' lists them. Text and
   * binary frames are both accepted, for images only binary ones.
   */
  receiveType?: string | null;
  /** MIME type that outgoing values are encoded to; 'accessor-host types' lists them. */
  sendType?: string | null;
  /**
   * Whether to serve wss, that is WebSocket over TLS, instead of ws. It needs a key and a
   * certificate: pfxKeyCertPath, or pemCertPath and pemKeyPath.
   */
  sslTls?: boolean | null;
  /**
   * PKCS#12 (PFX) file that holds the key and the certificate. Like the other files of sslTls, it
   * is read at each start, and again when a client comes after it was replaced; open sockets go
   * on.
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
  /**
   * Largest incoming message in bytes, over all its fragments. A larger one closes the socket with
   * 1009.
   */
  maxMessageSize?: number | null;
  /**
   * Most pixels, width times height, of an image in either direction; checked before it is decoded,
   * which takes time and 4 bytes for each pixel. A larger image is dropped with an 'error', its
   * socket stays open.
   */
  maxImagePixels?: number | null;
  /**
   * Largest number of fragments in one incoming message, empty ones counted. More close the socket
   * with 1009.
   */
  maxFragments?: number | null;
  /**
   * Milliseconds that a client has for its opening handshake, however it spreads its bytes; then it
   * is dropped.
   */
  openingTimeout?: number | null;
  /** Milliseconds between keep-alive pings; 0 sends none. */
  pingInterval?: number | null;
  /** Milliseconds that a client has to answer a ping; then its socket is closed with 1011. */
  pingTimeout?: number | null;
  /** Milliseconds that a client has for its part of the closing handshake; then TCP is cut. */
  closingTimeout?: number | null;
  /**
   * Milliseconds without a message in either direction after which a socket is closed with 1001; 0
   * is never.
   */
  idleTimeout?: number | null;
  /**
   * Most bytes that may wait for a client that does not read. One more message closes its socket
   * with 1008. It also limits the size of one outgoing message.
   */
  maxUnsentBytes?: number | null;
  /**
   * Bytes that wait for a client from which on it is called slow: nothing more is read from it, and
   * once at most a quarter of them waits, its socket emits 'drain'. At most a quarter of
   * maxUnsentBytes counts.
   */
  highWaterMark?: number | null;
  /**
   * Whether clients may compress messages (permessage-deflate), and get compressed ones. It saves
   * bytes on the network and costs time for every message; limits count decompressed bytes.
   */
  compression?: boolean | null;
  /**
   * Most clients at a time, those still in their opening handshake counted; others are answered
   * with HTTP 503. 0 is no limit.
   */
  maxConnections?: number | null;
  /**
   * Most connections at a time of one host, those still in their opening handshake counted; others
   * are answered with HTTP 429. IPv6 addresses count by their network /64. 0 is no limit.
   */
  maxConnectionsPerHost?: number | null;
  /**
   * Most new connections of one host in a second; others are answered with HTTP 429. IPv6 addresses
   * count by their network /64. 0 is no limit.
   */
  connectionRate?: number | null;
  /**
   * Most messages of one client in a second; as many may come at once. One more closes its socket
   * with 1008, and its 'error' has the code WS_RATE. 0 is no limit.
   */
  messageRate?: number | null;
  /**
   * IP addresses and networks of reverse proxies whose X-Forwarded-For is believed, and 'unix:' for
   * whoever connects to a Unix socket. remoteHost() and the limits of one host are then about the
   * client that the proxy names. The field is ignored when it comes from anybody else, and always
   * with null.
   */
  trustedProxies?: string[] | null;
  /**
   * Origins that may connect, as browsers send them; any other client, and one that sends no
   * origin, is answered with HTTP 403. null admits every client.
   */
  allowedOrigins?: string[] | null;
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
  /**
   * Path on which a plain HTTP GET is answered with 200 while the server listens, even if it is
   * full; for monitors and load balancers. Empty for none.
   */
  healthPath?: string | null;
  /**
   * The only path that clients may name, without query; another one is answered with HTTP 404. null
   * serves every path.
   */
  path?: string | null;
  /**
   * Subprotocols that the server speaks, the preferred one first. The first that a client offers is
   * chosen, and named in the answer; a client that offers none of them is connected without.
   */
  subprotocols?: string[] | null;
  /**
   * Function that decides who may connect. It gets the request of the client and returns true,
   * false (HTTP 401), {status, reason, headers}, {data, subprotocol}, or a promise of one of these.
   * Anything else, and an error, is answered with HTTP 500; no answer within openingTimeout is HTTP
   * 503. null admits every client.
   */
  verifyClient?: VerifyClient | null;
}

/** What a client asks for; read when something of it is asked for. */
export interface Request {
  /** The path, as the client wrote it, without query. */
  readonly path: string;
  /** What stands behind the `?`; empty when there is nothing. */
  readonly query: string;
  /** The fields by their names in lower case; those that came twice are joined. */
  readonly headers: { readonly [name: string]: string };
  /** The origin that a browser names, or null. */
  readonly origin: string | null;
  /** The subprotocols that the client offers, those that it prefers first. */
  readonly subprotocols: readonly string[];
  readonly remoteHost: string;
  readonly remotePort: number;
  /** Whether the client connects over TLS. */
  readonly secure: boolean;
  /** The client's certificate, if it has shown one and it was verified, or null. */
  readonly clientCertificate: ClientCertificate | null;
}

/** What a verified certificate says. */
export interface ClientCertificate {
  /** Attributes such as `commonName`; one that stands there twice is a list. */
  readonly subject: { readonly [name: string]: string | string[] };
  readonly issuer: { readonly [name: string]: string | string[] };
  /** For example `DNS:device-7.example.org`. */
  readonly subjectAltName: string[];
  /** In hexadecimal. */
  readonly serialNumber: string;
  /** ISO 8601, as is `notAfter`. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** SHA-256 of the certificate, in hexadecimal. */
  readonly fingerprint256: string;
}

/** How a client is refused: `status` is 400 to 599. */
export interface Refusal {
  status: number;
  /** Stands in the status line and in the body. */
  reason?: null | string;
  headers?: null | { [name: string]: string | string[] };
}

/** How a client is admitted. At least one of both must be there. */
export interface Admission {
  /** Becomes `data` of the Socket. */
  data?: unknown;
  /** One of those that the client offers; otherwise the option `subprotocols` decides. */
  subprotocol?: null | string;
}

export type Verdict = boolean | Refusal | Admission;

export type VerifyClient = (request: Request) => Verdict | PromiseLike<Verdict>;

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

/** A server that listens for web socket connections. */
export class Server extends EventEmitter {
  /**
   * @param options also `httpServer`, an `HttpServer` of `@modules/http-server` whose port it shares
   * @throws {TypeError} an option's value is not allowed
   */
  constructor(options?: (ServerOptions & { httpServer?: object | null }) | null);
  /** Begin to listen; `listening` or `error` follows. */
  start(): void;
  /** Stop listening and close every socket with 1001; `close` follows. */
  stop(): void;
  /** Return where it listens, or null; for a Unix socket its path, 'unix' and 0. */
  address(): { address: string; family: 'IPv4' | 'IPv6' | 'unix'; port: number } | null;
  /**
   * Send a value to every open socket; it is encoded once.
   * @param filter tells whether a socket is to get it; all are asked before anything is sent
   * @returns how many sockets it went to
   * @throws {TypeError} the value has no form in `sendType`; or what the filter throws
   */
  broadcast(value: unknown, filter?: ((socket: Socket) => unknown) | null): number;
  on(event: 'listening', listener: (port: number) => void): this;
  on(event: 'connection', listener: (socket: Socket, request: Request) => void): this;
  on(event: 'error', listener: (error: CodedError) => void): this;
  on(event: 'close', listener: () => void): this;
}

/** One connection of a client, made by a Server. */
export class Socket extends EventEmitter {
  private constructor();
  /**
   * Send a value, encoded by the server's `sendType`.
   * @returns false when the socket is not open
   * @throws {TypeError} the value has no form in that type
   */
  send(value: unknown): boolean;
  /** Close the connection; `close` follows. */
  close(code?: number, reason?: string): void;
  /** Tell whether messages can be sent. */
  isOpen(): boolean;
  /** Return how many bytes wait for the client; what the system holds for it has left. */
  unsentBytes(): number;
  /**
   * Send a ping; `pong` with the same data follows once the client answers.
   * @param data at most 125 bytes; a string is sent as UTF-8
   * @returns false when the socket is not open, or 64 pings wait for their answers
   */
  ping(data?: string | Uint8Array | ArrayBuffer): boolean;
  /** Return the address of the client, also behind `trustedProxies`; empty on a Unix socket. */
  remoteHost(): string;
  /** Return the port of the client; 0 on a Unix socket, or behind a proxy that does not say it. */
  remotePort(): number;
  /** Return the path that the client asked for, without query. */
  path(): string;
  /** Return the subprotocol that is spoken, or null. */
  subprotocol(): string | null;
  /** What `verifyClient` found out about the client; free for any use. */
  data?: any;
  on(event: 'message', listener: (value: any) => void): this;
  on(event: 'drain', listener: () => void): this;
  on(event: 'pong', listener: (data: Buffer) => void): this;
  on(event: 'close', listener: (code: number, reason: string) => void): this;
  on(event: 'error', listener: (error: CodedError) => void): this;
}
