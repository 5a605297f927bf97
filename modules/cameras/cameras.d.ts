import { EventEmitter } from 'events';

/** An image of a camera, a JPEG, as web sockets have it. */
export interface Image {
  type: string;
  width: number;
  height: number;
  data: Uint8Array;
  /** The pixels: red, green, blue and alpha, a byte each. */
  toRGBA(): Promise<Uint8Array>;
}

/** List the names of the cameras; the first two are always there. */
export function cameras(): string[];

/** Return the name of the camera that 'default camera' means. */
export function defaultCamera(): string;

/** A camera, a video file as `file:PATH`, or the dummy. */
export class Camera extends EventEmitter {
  /** @param name one of `cameras()`, `file:PATH`, or null for the default */
  constructor(name?: string | null);
  /** Begin to take images; `opened` or `error` follows. */
  open(): void;
  /** Stop; `closed` follows if it was open. */
  close(): void;
  /** Return the newest image and emit it as `snapshot`; null if there is none yet. */
  snapshot(): Image | null;
  /** List sizes of images, as JSON texts. */
  viewSizes(): string[];
  /** Return the size of the images, as a JSON text. */
  getViewSize(): string;
  /** Ask for another size. */
  setViewSize(size: string | { width: number; height: number }): void;
  on(event: 'opened' | 'closed', listener: () => void): this;
  on(event: 'image' | 'snapshot', listener: (image: Image) => void): this;
  on(event: 'error', listener: (error: Error & { code: string }) => void): this;
}
