/** An image, as web sockets and cameras have it; encoded bytes; or pixels. */
export type ImageLike =
  | { data: Uint8Array | ArrayBuffer }
  | { width: number; height: number; pixels: Uint8Array | ArrayBuffer }
  | Uint8Array
  | ArrayBuffer;

/** Options, or their JSON text. */
export interface MotionOptions {
  /** By how much a pixel's brightness must change, 0 to 255; 25 unless it is given. */
  PixelThreshold?: number | null;
  /** Percent of the pixels that must change; 0.2 unless it is given. */
  AreaThreshold?: number | null;
  /** Whether to mark what moved on the returned image; true unless it is given. */
  ModifyImage?: boolean | null;
}

/** Compare an image with the one before, and return it. */
export function filter(image: ImageLike, options?: MotionOptions | string | null): object;

/** Return the centre of what moved between the last two images, or null if nothing did. */
export function cog(): [number, number] | null;

/** Return how many percent of the pixels changed between the last two images. */
export function area(): number;
