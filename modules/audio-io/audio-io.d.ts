/** Choose the channels, the samples in a second, and the samples of a block in each channel. */
export function initialize(
  inChannels: number,
  outChannels: number,
  sampleRate: number,
  blockSize: number
): void;

/** Record: the callback gets each block, its channels interleaved; null stops. */
export function capture(callback: ((vector: number[]) => void) | null): void;

/** Play samples from -1 to 1, their channels interleaved. */
export function play(channels: number, vector: number[] | Float32Array): void;

/** Load a WAVE file; the channels of `data` are interleaved. */
export function loadwav(path: string): { sampleRate: number; channels: number; data: number[] };

/** Stop to play and to record. */
export function wrapup(): void;
