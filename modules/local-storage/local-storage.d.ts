/** Options; null stands for the default. */
export interface StorageOptions {
  /**
   * Folder of the store, created if need be. A relative one starts at the current directory of the
   * process.
   */
  dir?: string | null;
  /**
   * Most bytes of all keys and values together, as UTF-8. What would exceed it is not stored. As
   * much as browsers give a page; all of it is kept in memory, and read by initSync.
   */
  quota?: number | null;
  /** Most keys. Each is a file of its own, which initSync opens: 1,000 take it about 0.2 seconds. */
  maxItems?: number | null;
  /** Most bytes of one key, as UTF-8. Far beyond any name, short enough for a message. */
  maxKeySize?: number | null;
}

/** Open the store in a folder; every other function uses the store that was opened last. */
export function initSync(options?: StorageOptions | null): void;

/** Return the value of a key, or null when there is none. */
export function getItem(key: string | number): string | null;

/** Store a value under a key; it is on the disk when this returns. */
export function setItem(key: string | number, value: string | number | bigint | boolean): void;

/** Remove a key, if there is one. */
export function remove(key: string | number): void;

/** As `remove`. */
export function removeItem(key: string | number): void;

/** Remove every key. */
export function clear(): void;

/** Return the n-th key, from 0, or null when there are not that many. Keys are sorted. */
export function key(index: number): string | null;

/** Return the number of keys. */
export function length(): number;
