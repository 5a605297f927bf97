import { EventEmitter } from 'events';

/** Options; null stands for the default. */
export interface AudioOptions {
  /** Bits of a sample, signed: 8, 16, 24 or 32. */
  bitsPerSample?: number | null;
  /** Channels, whose samples take turns. */
  channels?: number | null;
  /** Samples in a second, of each channel. */
  sampleRate?: number | null;
  /** Whether the high byte of a raw sample comes first: 1 if it does, 0 if it is the low byte. */
  bigEndian?: number | null;
}

/** List the formats of captured sounds. */
export function byteFormats(): string[];

/** Play samples or sound files. */
export class Player extends EventEmitter {
  constructor(playbackFormat?: 'raw' | 'array' | 'encoded' | null, options?: AudioOptions | null);
  /** Queue a sound behind those that were given before; `callback` is called when it has room. */
  play(data: Uint8Array | ArrayBuffer | number[] | number[][], callback?: () => void): void;
  /** Stop at once, and forget what is queued. */
  stop(): void;
  on(event: 'error', listener: (error: Error & { code: string }) => void): this;
}

/** Record sounds. */
export class Capture extends EventEmitter {
  constructor(captureTime?: number | null, outputFormat?: string | null, options?: AudioOptions | null);
  start(): void;
  /** Stop; a segment that is not complete is dropped. */
  stop(): void;
  /** A segment: bytes, or an array of numbers from -1 to 1 for each channel. */
  on(event: 'capture', listener: (data: Uint8Array | number[][]) => void): this;
  on(event: 'error', listener: (error: Error & { code: string }) => void): this;
}

/** Play a sound file. */
export class ClipPlayer extends EventEmitter {
  /** @param url http:, https: or file:, or the name of a file, as getResource takes it */
  constructor(url?: string | null);
  /** Play another file from now on. */
  load(url: string): void;
  /** Play from the beginning. */
  play(): void;
  stop(): void;
  on(event: 'done', listener: (done: true) => void): this;
  on(event: 'error', listener: (error: Error & { code: string }) => void): this;
}
