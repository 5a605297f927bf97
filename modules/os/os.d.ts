/** Return the name of this machine in its network. */
export function hostname(): string;

/** Return the name of the platform: `linux`, `darwin` or `win32`. */
export function platform(): string;

/** Return the name of the operating system: `Linux`, `Darwin` or `Windows_NT`. */
export function type(): string;

/** Return the kind of processor, as Node names it: `x64`, `arm64`, ... */
export function arch(): string;

/** Return which byte of a number this processor stores first. */
export function endianness(): 'LE' | 'BE';

/** What a line ends with here. */
export const EOL: '\n';
