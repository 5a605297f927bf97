/** An image, as web sockets and cameras have it; encoded bytes; or pixels. */
export type ImageLike =
  | { data: Uint8Array | ArrayBuffer }
  | { width: number; height: number; pixels: Uint8Array | ArrayBuffer }
  | Uint8Array
  | ArrayBuffer;

/** Options, or their JSON text. */
export interface VisionOptions {
  /** Pixels of a blur, 1 to 255; 10 unless it is given. */
  blurSize?: number | null;
  /** How strong an edge is, 0 to 255; 75 unless it is given. */
  cannyThreshold?: number | null;
  /** Pixels that are taken away or added at each side, 1 to 50; 1 unless it is given. */
  erosionSize?: number | null;
}

/** The names of the transforms. */
export const filters: string[];

/** Transform an image; the callback gets the new one. */
export function filter(
  image: ImageLike,
  transform: string,
  options: VisionOptions | string | null | undefined,
  callback: (image: object) => void
): void;
