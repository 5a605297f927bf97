/** Options; null stands for the default. */
export interface ShellOptions {
  /**
   * The program and its arguments, with spaces between; quotation marks and backslashes keep what
   * belongs together, as in a shell. No shell reads it: variables, patterns and pipes have no
   * meaning. With args, the program alone.
   */
  cmd?: string | null;
  /**
   * The arguments, as they are; cmd is the name or the path of the program then, and is not split.
   */
  args?: string[] | null;
  /** Milliseconds that the program may take; then it is ended, and an error. 0 is no limit. */
  timeout?: number | null;
  /**
   * Most bytes that wait because the program does not read them. What would exceed it is not
   * written, and an error.
   */
  maxUnsentBytes?: number | null;
}

/** A program. Whether it may be started is the operator's decision. */
export class Shell {
  constructor(options: ShellOptions);
  readonly cmd: string;
  /** Start the program. Once it has ended, or wrapup() was called, it can be started again. */
  start(): void;
  /** Write a line to the program; false if it does not run, or its input is closed. */
  write(data: unknown): boolean;
  /** Close the program's input, once what was written has left. */
  end(): void;
  /** End the program and its children; nothing that they write is told any more. */
  wrapup(): void;
  on(event: 'message', listener: (line: string) => void): this;
  on(event: 'stderr', listener: (line: string) => void): this;
  on(event: 'close', listener: (code: number | null, signal: string | null) => void): this;
  on(event: 'error', listener: (error: Error & { code: string }) => void): this;
}
