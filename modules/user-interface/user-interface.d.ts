import type { EventEmitter } from 'events';

/** Options; null stands for the default. */
export interface UserInterfaceOptions {
  /** TCP port to listen on; 0 takes any free port, which the 'listening' event reports. */
  port?: number | null;
  /** Name or IP address of the local interface to listen on. Whoever reaches it can use the page. */
  hostInterface?: string | null;
  /** Most bytes of all resources together. */
  maxResourceBytes?: number | null;
}

/** A page in browsers. */
export class UserInterface extends EventEmitter {
  /**
   * @param header HTML for the head of the page
   * @param content HTML for its body, until something is displayed
   * @throws {TypeError} an option's value is not allowed
   */
  constructor(options?: UserInterfaceOptions | null, header?: string, content?: string);
  /** Show HTML in place of the content; the first call begins to listen. */
  display(html: string): void;
  /** Change an element: its `html`, or any property; `src` is loaded again. */
  update(id: string, property: string, content?: string | number | boolean): void;
  /** Serve something at a path. */
  addResource(path: string, data: string | Uint8Array | ArrayBuffer, type?: string): void;
  /** Call a function for each POST to a path, with the body as a text; one for each path. */
  addListener(path: `/${string}`, listener: (body: string) => void): this;
  addListener(event: string, listener: (...args: any[]) => void): this;
  /** Stop; `close` follows. */
  stop(): void;
  on(event: 'listening', listener: (port: number) => void): this;
  on(event: 'connection' | 'close', listener: () => void): this;
  on(event: 'message', listener: (text: string) => void): this;
  on(event: 'error', listener: (error: Error & { code: string }) => void): this;
}
