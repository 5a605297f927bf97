/** Read base64, in either alphabet of RFC 4648, with its padding. */
export function toByteArray(text: string): Uint8Array;

/** Write bytes as base64. */
export function fromByteArray(bytes: Uint8Array | number[]): string;

/** Return how many bytes a base64 text stands for. */
export function byteLength(text: string): number;
