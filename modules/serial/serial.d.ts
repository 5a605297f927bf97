/** A type of what is sent or arrives. */
export type SerialType =
  | 'byte'
  | 'double'
  | 'float'
  | 'int'
  | 'json'
  | 'number'
  | 'short'
  | 'string'
  | 'unsignedbyte'
  | 'unsignedshort';

/** Options; null stands for the default. */
export interface SerialPortOptions {
  /**
   * Bits per second, both ways. What the device does not take is an error when it is opened;
   * loopback takes any.
   */
  baudRate?: number | null;
  /**
   * What the bytes that arrive mean: byte, unsignedbyte, short, unsignedshort, int, float, double,
   * number, string or json.
   */
  receiveType?: string | null;
  /** What is sent: the same types. */
  sendType?: string | null;
  /**
   * Most bytes that wait because the port is not open yet, or slower than what is sent. What would
   * exceed it is not sent, and an error. At 9600 baud the default takes 18 minutes.
   */
  maxUnsentBytes?: number | null;
  /**
   * Most bytes of a text that arrives. A longer one, or one whose end never comes, is dropped up
   * to its end, and an error.
   */
  maxMessageSize?: number | null;
}

/** List the ports of this machine, `loopback` first, that scripts may open. */
export function hostSerialPorts(callback?: (ports: string[]) => void): string[];

/** List the types that `receiveType` takes. */
export function supportedReceiveTypes(): SerialType[];

/** List the types that `sendType` takes. */
export function supportedSendTypes(): SerialType[];

/** A serial port. */
export class SerialPort {
  /**
   * @param portName `loopback`, or the path of a device
   * @param ownerName whom errors name when another wants the port meanwhile
   * @param timeout milliseconds that opening may take; null is 2000
   */
  constructor(
    portName: string,
    ownerName?: string | null,
    timeout?: number | null,
    options?: SerialPortOptions | null
  );
  readonly portName: string;
  readonly ownerName: string;
  readonly timeout: number;
  readonly options: SerialPortOptions;
  /** Open the port; an open one is closed first. What was sent before leaves then. */
  open(): void;
  /** Send a value, encoded by `sendType`; until the port is open it waits. */
  send(data: unknown): void;
  /** Remove all listeners, deliver what was sent, and close. */
  close(): void;
  /** Take what arrives from now on for another type. */
  setReceiveType(type: SerialType): void;
  /** Send by another type from now on. */
  setSendType(type: SerialType): void;
  on(event: 'data', listener: (value: unknown) => void): this;
  on(event: 'error', listener: (error: Error & { code: string }) => void): this;
}
