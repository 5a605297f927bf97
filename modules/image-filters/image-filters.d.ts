/** An image, as web sockets and cameras have it; encoded bytes; or pixels. */
export type ImageLike =
  | { data: Uint8Array | ArrayBuffer }
  | { width: number; height: number; pixels: Uint8Array | ArrayBuffer }
  | Uint8Array
  | ArrayBuffer;

/** What a filter makes: a PNG image. */
export interface Image {
  type: string;
  width: number;
  height: number;
  data: Uint8Array;
  /** The pixels: red, green, blue and alpha, a byte each. */
  toRGBA(): Promise<Uint8Array>;
}

/** List the names of the filters. */
export function filters(): string[];

/**
 * Filter an image.
 * @param options of the filter, or their JSON text; those that it does not have are ignored, and
 *   none stays for the next call
 */
export function filter(
  image: ImageLike,
  name: string,
  options?: Record<string, unknown> | string | null
): Image;
