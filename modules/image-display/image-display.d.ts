import { EventEmitter } from 'events';

/** An image, as web sockets and cameras have it; encoded bytes; or pixels. */
export type ImageLike =
  | { data: Uint8Array | ArrayBuffer }
  | { width: number; height: number; pixels: Uint8Array | ArrayBuffer }
  | Uint8Array
  | ArrayBuffer;

/** Options; null stands for the default. */
export interface DisplayOptions {
  /**
   * Folder where the newest image of each display is kept as NAME.png, created if need be. Without
   * one it is the folder that the environment variable ACCESSOR_HOST_IMAGES names, and without that
   * a line is printed for each image.
   */
  dir?: string | null;
  /** Most pixels of an image. The default is a frame of 4K video. */
  maxImagePixels?: number | null;
}

/** A display of images. */
export class ImageDisplay extends EventEmitter {
  /** @param name of the file and of each line; 'display' unless it is given */
  constructor(name?: string | null, options?: DisplayOptions | null);
  readonly name: string;
  readonly dir: string;
  readonly maxImagePixels: number;
  /** Display an image instead of the one before. */
  displayImage(image: ImageLike): void;
  /** An image is damaged or too large, or its file cannot be written. */
  on(event: 'error', listener: (error: Error & { code: string }) => void): this;
}
