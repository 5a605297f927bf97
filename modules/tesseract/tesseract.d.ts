/** An image, as web sockets and cameras have it; encoded bytes; or pixels. */
export type ImageLike =
  | { data: Uint8Array | ArrayBuffer }
  | { width: number; height: number; pixels: Uint8Array | ArrayBuffer }
  | Uint8Array
  | ArrayBuffer;

/** Options; null stands for the default. */
export interface TesseractOptions {
  /** Language of the text, as tesseract names it; several with a + between. */
  lang?: string | null;
  /** Milliseconds that one image may take, without the time that it waits for others. */
  timeout?: number | null;
}

/** A part of a text, with its place in pixels, and 0 to 100 for how sure it is. */
export interface Part {
  text: string;
  confidence: number;
  bbox: { x0: number; y0: number; x1: number; y1: number };
}

/** What was recognized. */
export interface Recognized {
  text: string;
  confidence: number;
  words: Part[];
  lines: Part[];
}

/** How the letters stand. */
export interface Detected {
  orientation_degrees: number;
  orientation_confidence: number;
  script: string;
  script_confidence: number;
}

/** A job under way. Every function returns the job itself; it is no promise. */
export interface Job<Result> {
  then(resolved?: (result: Result) => void, rejected?: (error: Error) => void): this;
  catch(rejected: (error: Error) => void): this;
  finally(done: () => void): this;
  progress(watch: (progress: { status: string; progress: number }) => void): this;
}

/** Recognize the text on an image. */
export function recognize(
  image: ImageLike,
  options?: string | TesseractOptions | null
): Job<Recognized>;

/** Detect the orientation and the script of the text on an image. */
export function detect(image: ImageLike, options?: TesseractOptions | null): Job<Detected>;

/** Return functions that have other options for defaults. */
export function create(options?: string | TesseractOptions | null): {
  recognize: typeof recognize;
  detect: typeof detect;
};
