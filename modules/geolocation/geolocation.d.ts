/** Where this machine is. */
export interface Position {
  /** Degrees north of the equator. */
  latitude: number;
  /** Degrees east of Greenwich. */
  longitude: number;
  /** Milliseconds since 1970: when it was asked for. */
  timestamp: number;
  accuracy: 'high';
}

/** Find out where this machine is; one of the two functions is called, on a later turn. */
export function getPosition(
  succeeded: (position: Position) => void,
  failed?: ((error: Error & { code: string }) => void) | null,
  options?: { enableHighAccuracy?: boolean; maximumAge?: number } | null
): void;
