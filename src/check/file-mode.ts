import type { FileMode } from './facts.ts';

/** True where everybody may write the file, or connect to the socket: that takes the right to write. unix(7) */
export function othersMayWrite({ mode }: FileMode): boolean {
  return (mode & 0o002) !== 0;
}

/** True where everybody may read the file. */
export function othersMayRead({ mode }: FileMode): boolean {
  return (mode & 0o004) !== 0;
}

/** The permission bits as chmod takes them: `0644`. */
export function octal({ mode }: FileMode): string {
  return mode.toString(8).padStart(4, '0');
}
