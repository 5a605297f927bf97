/** An image, as web sockets and cameras have it; encoded bytes; or pixels. */
export type ImageLike =
  | { data: Uint8Array | ArrayBuffer }
  | { width: number; height: number; pixels: Uint8Array | ArrayBuffer }
  | Uint8Array
  | ArrayBuffer;

/** A tag on an image. */
export interface Tag {
  id: number;
  /** x and y of its centre. */
  center: [number, number];
  /** Length of its outline, in pixels. */
  perimeter: number;
}

/** Find the tags on an image, and return it with their outlines. */
export function filter(
  image: ImageLike,
  options?: { TagFamily?: 'Tag36h11' | 'Tag36h10' | 'Tag25h9' | 'Tag16h5' | null } | string | null
): object;

/** Return the tags of the last image. */
export function tags(): Tag[];
