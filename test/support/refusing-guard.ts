import { temporaryDirectory } from './temporary-directory.ts';

/** Keeps a program from being started. */
export interface RefusingGuard {
  /** What runs the program, for `webUnder`. */
  readonly under: readonly string[];
  /** From the next start on it exits with 1 at once. */
  refuse(): void;
}

/** A shell script that decides: it does so long before Node could, for which `startsecs` may be over on a busy machine. */
export function refusingGuard(): RefusingGuard {
  const directory = temporaryDirectory();
  const script = directory.write('guard.sh', `test ! -e ${directory.file('refuse')} || exit 1\nexec "$@"\n`);
  return {
    under: ['/bin/sh', script],
    refuse() {
      directory.write('refuse', '');
    },
  };
}
