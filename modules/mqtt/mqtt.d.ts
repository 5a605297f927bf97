import { EventEmitter } from 'events';

/** What the broker publishes when it loses a client. */
export interface Will {
  /** Where; without wildcards. */
  topic: string;
  /** What; empty unless told otherwise. */
  message?: string;
  qos?: 0 | 1 | 2;
  /** Whether the broker keeps it for later subscribers. */
  retain?: boolean;
}

/** Options; null stands for the default. */
export interface ClientOptions {
  /**
   * Who the client is, for the broker: two clients of one name throw each other out. Empty makes
   * one up, 'mqttpt_' and 16 hex digits.
   */
  clientId?: string | null;
  /**
   * Whether a message comes as a list of bytes instead of a text in UTF-8; byteArrayToString()
   * makes a text of it.
   */
  rawBytes?: boolean | null;
  /** Name that the broker knows; empty for none. */
  username?: string | null;
  /** Password of the username. */
  password?: string | null;
  /**
   * What the broker publishes when it loses the client: a topic, and perhaps a message (text), a
   * qos and retain. Not after end().
   */
  will?: Will | null;
  /**
   * Whether the broker forgets the client when the connection ends. Otherwise it keeps
   * subscriptions and, of QoS 1 and 2, messages until the client is back; that takes a clientId.
   */
  clean?: boolean | null;
  /**
   * Seconds after which the broker is asked for a sign of life; when there is none for as long
   * again, the connection is over. 0 does not ask.
   */
  keepalive?: number | null;
  /**
   * Milliseconds that one attempt to connect may take: name, TCP, TLS and the broker's answer
   * together. 0 is no limit.
   */
  connectTimeout?: number | null;
  /**
   * Milliseconds that end() waits for what the broker has not acknowledged yet, and then for the
   * end of the connection.
   */
  closingTimeout?: number | null;
  /**
   * Whether to connect again after an attempt that failed and after the connection is lost, until
   * end().
   */
  reconnect?: boolean | null;
  /**
   * Milliseconds before the first attempt to connect again. Each further one waits twice as long,
   * less up to a quarter, which is left to chance.
   */
  reconnectMinDelay?: number | null;
  /** Most milliseconds between two attempts. */
  reconnectMaxDelay?: number | null;
  /**
   * Most messages of QoS 1 and 2 that wait for the broker's acknowledgement; others wait in the
   * queue. Many brokers take 20 at a time.
   */
  maxInflight?: number | null;
  /**
   * Most messages that wait until the client is connected, the broker reads, and maxInflight lets
   * them go; one more is an 'error' and is not published. 0 queues none.
   */
  maxQueuedMessages?: number | null;
  /** Most bytes of these messages, topics counted. */
  maxQueuedBytes?: number | null;
  /** Largest incoming packet in bytes, a message with its topic. A larger one ends the connection. */
  maxPacketSize?: number | null;
  /** Whether to connect by TLS; brokers then mostly have port 8883. */
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
   * Name of the broker in TLS (SNI) and in its certificate; empty takes host. For a broker that
   * is reached by an address, or under another name.
   */
  serverName?: string | null;
  /**
   * PKCS#12 (PFX) file with a key and a certificate of the client, for brokers that ask for one.
   * Like the other files of sslTls, it is read at each start.
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
}

/** Options of one message. */
export interface PublishOptions {
  /** Quality of service: at most once (0), at least once (1), exactly once (2). */
  qos?: 0 | 1 | 2;
  /** Whether the broker keeps the message for later subscribers. */
  retain?: boolean;
}

/** What is sent: a text, bytes, or a value that is sent as its text. */
export type Message = string | number | boolean | object | number[] | Uint8Array;

/** An error with a code for programs. */
export interface CodedError extends Error {
  code: string;
}

/**
 * Make a client of a broker; `start` connects it.
 * @throws {string} port is no port, or host no text
 * @throws {TypeError} an option's value is not allowed
 */
export function createClient(port: number, host: string, options?: ClientOptions | null): Client;

/** Read bytes as text in UTF-8, for messages of a client with `rawBytes`. */
export function byteArrayToString(bytes: number[] | Uint8Array): string;

/** As `byteArrayToString`: its name in older accessors. */
export function binToStr(bytes: number[] | Uint8Array): string;

/** A client of an MQTT broker. */
export interface Client extends EventEmitter {
  /** Whether the broker has accepted the client; false at once after `end`. */
  readonly connected: boolean;
  /** Begin to connect; `connect` or `error` follows. */
  start(): void;
  /**
   * Subscribe, now or as soon as it is connected, and again after each loss of the connection.
   * @throws {TypeError} topic or qos is not allowed
   */
  subscribe(topic: string, options?: { qos?: 0 | 1 | 2 } | null): void;
  /** End a subscription. */
  unsubscribe(topic: string): void;
  /**
   * Publish a message; until the client is connected it waits in a queue.
   * @throws {TypeError} one of these is not allowed
   */
  publish(
    topic: string,
    message: Message,
    options?: PublishOptions | null,
    callback?: (error?: CodedError) => void
  ): void;
  publish(topic: string, message: Message, callback: (error?: CodedError) => void): void;
  /** Deliver what was published and disconnect, or stop connecting. */
  end(): void;
  on(event: 'connect' | 'close' | 'published', listener: () => void): this;
  on(event: 'message', listener: (topic: string, data: any) => void): this;
  on(event: 'error', listener: (error: CodedError) => void): this;
}
