/** A key; what it is made of is not shown. */
export interface Key {
  readonly type: 'public' | 'private' | 'distribution' | 'session';
}

/** A key that two entities share. */
export interface SessionKey extends Key {
  readonly id: number;
  /** When it expires, in milliseconds since 1970. */
  readonly absValidity: number;
  /** Milliseconds for which it is good once it is used. */
  readonly relValidity: number;
}

/** What handlers get: a Buffer whose numbers may have eight bytes. */
export interface Data extends Buffer {
  /** Return the bytes as a list. */
  getArray(): number[];
}

/** What is sent: a text or bytes. */
export type Payload = string | number[] | Uint8Array;

/** What is asked of Auth. */
export interface SessionKeyRequest {
  authHost: string;
  authPort: number;
  entityName: string;
  numKeysPerRequest?: number;
  purpose: { group: string } | { pubTopic: string } | { keyId: number };
  /** Of an earlier answer; without one, Auth makes one. */
  distributionKey?: Key | null;
  distributionCryptoSpec: string;
  publicKeyCryptoSpec?: string;
  authPublicKey: Key;
  entityPrivateKey: Key;
  /** How name and purpose are written: 'older' for an Auth of older Cape Code. */
  requestEncoding?: 'current' | 'older';
}

/** A secure connection. */
export interface SecureSocket {
  /** Send; false when it is closed, or the session key has expired. */
  send(data: Payload): boolean;
  close(): void;
  checkSessionKeyValidity(): boolean;
}

export interface ClientHandlers {
  onConnection?: (socket: SecureSocket) => void;
  onData?: (data: Data) => void;
  onClose?: () => void;
  onError?: (text: string) => void;
}

/** A client that waits for the answer to its request. */
export interface WaitingSocket {
  readonly id: number;
}

export interface ServerHandlers {
  onServerListening?: (port: number) => void;
  onServerError?: (text: string) => void;
  onClientRequest?: (
    payload: Data,
    socket: WaitingSocket,
    sendHandshake2: (payload: Data, socket: WaitingSocket, key: SessionKey) => void
  ) => void;
  onConnection?: (
    info: { id: number; remoteHost: string; remotePort: number; status: 'open' },
    socket: SecureSocket
  ) => void;
  onData?: (data: Data, id: number) => void;
  onClose?: (id: number) => void;
  onError?: (text: string, id: number) => void;
}

export const msgType: Readonly<Record<string, number>>;
export const SESSION_KEY_ID_SIZE: 8;
export const HANDSHAKE_NONCE_SIZE: 8;
export const publicKeyCryptoSpecs: string[];
export const symmetricCryptoSpecs: string[];

/** Read Auth's certificate, in PEM. */
export function loadPublicKey(path: string): Key;
/** Read the entity's private key, in PEM. */
export function loadPrivateKey(path: string): Key;
/** Ask Auth for session keys. */
export function sendSessionKeyRequest<T>(
  options: SessionKeyRequest,
  callback: (
    status: { success: true } | { error: string },
    distributionKey: Key | null,
    keys: SessionKey[],
    extra: T
  ) => void,
  extra?: T
): void;
/** Connect to another entity. */
export function initializeSecureCommunication(
  options: {
    serverHost: string;
    serverPort: number;
    sessionKey: SessionKey;
    sessionCryptoSpec: string;
  },
  handlers: ClientHandlers
): void;
/** Listen for entities. */
export function initializeSecureServer(
  options: { serverPort: number; sessionCryptoSpec: string },
  handlers: ServerHandlers
): { stop(): void };
/** Encrypt a message to be published. */
export function encryptSecureMessageToPublish(
  message: { sequenceNum: number; data: Payload },
  spec: string,
  key: SessionKey
): number[];
/** Read which session key a published message is encrypted with. */
export function getKeyIdOfSecurePublishedMessage(
  bytes: number[] | Uint8Array
):
  | { success: true; keyId: number; encryptedMessage: number[] }
  | { success: false; error: string };
/** Decrypt a published message. */
export function decryptSecurePublishedMessage(
  message: number[] | Uint8Array,
  spec: string,
  key: SessionKey
):
  | { success: true; sequenceNum: number; message: number[] }
  | { success: false; error: string };
