import { EventEmitter } from 'events';

/** An error with a code for programs. */
export interface CodedError extends Error {
  code: string;
}

/** What the second argument of `message` says, once it is parsed as JSON. */
export interface Sender {
  ipAddress: string;
  /** The same, as Node calls it. */
  address: string;
  family: 'IPv4' | 'IPv6';
  port: number;
  /** Bytes of the datagram. */
  size: number;
}

/** List the types that `setReceiveType` takes. */
export function supportedReceiveTypes(): string[];

/** List the types that `setSendType` takes. */
export function supportedSendTypes(): string[];

/**
 * Make a socket; `callback` is a listener of `message`.
 * @throws {TypeError} the type is not known
 */
export function createSocket(
  type?: 'udp4' | 'udp6' | null,
  callback?: ((value: any, sender: string) => void) | null,
  enableBroadcast?: boolean
): Socket;

/** A UDP socket. */
export class Socket extends EventEmitter {
  /** @throws {TypeError} the type is not known */
  constructor(type?: 'udp4' | 'udp6' | null, enableBroadcast?: boolean);
  /** Listen; `listening` or `error` follows. Port 0 takes any free one. */
  bind(port?: number | null, address?: string | null, callback?: () => void): void;
  /**
   * Send a value in one datagram.
   * @throws {TypeError} the value has no form in the type, or the port or host is not allowed
   */
  send(
    data: unknown,
    port: number,
    host?: string | null,
    callback?: (error: CodedError | null) => void
  ): void;
  /** Return where it is bound while it listens, else null. */
  address(): { address: string; family: 'IPv4' | 'IPv6'; port: number } | null;
  /** Close the socket; `close` follows, once. */
  close(): void;
  /** Set whether values are bytes: arrays of them when they come. */
  setRawBytes(raw: boolean): void;
  /** Set the type of what comes; 'string' otherwise. */
  setReceiveType(type: string): void;
  /** Set the type of what is sent; 'string' otherwise. */
  setSendType(type: string): void;
  /** Join a multicast group, on an interface: its address, for udp6 its name. */
  addMembership(group: string, networkInterface?: string): void;
  /** Leave a multicast group. */
  dropMembership(group: string, networkInterface?: string): void;
  /** Set how many routers multicast datagrams may pass, 0 to 255. */
  setMulticastTTL(hops: number): void;
  /** Set whether sockets of this machine get multicast datagrams as well. */
  setMulticastLoopback(enabled: boolean): void;
  on(event: 'listening', listener: () => void): this;
  on(event: 'message', listener: (value: any, sender: string) => void): this;
  on(event: 'close', listener: () => void): this;
  on(event: 'error', listener: (error: CodedError) => void): this;
}
