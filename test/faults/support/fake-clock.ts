import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

/** A wall clock that a test sets while programs run by it; their monotonic clock is the real one. */
export interface FakeClock {
  /** Makes a program that is started with it go by this clock. */
  readonly env: Readonly<Record<string, string>>;
  /** How far it is ahead of the real one, in seconds, from now on. */
  set(aheadS: number): void;
}

/** A clock that is right at first, by libfaketime (Debian's package `faketime`). */
export function startFakeClock(): FakeClock {
  const directory = temporaryDirectory();
  const file = directory.file('ahead');
  const set = (aheadS: number) => writeFileSync(file, `${aheadS < 0 ? '' : '+'}${aheadS}\n`);
  set(0);
  return {
    set,
    env: {
      LD_PRELOAD: libfaketime(),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      // The same, as older versions call it.
      DONT_FAKE_MONOTONIC: '1',
    },
  };
}

/** The variables as supervisord's `environment` takes them. */
export function asSupervisordEnvironment(env: FakeClock['env']): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',');
}

/** Where Debian, Ubuntu and Fedora put it: in a folder of the machine's architecture. */
function libfaketime(): string {
  const folders = ['/usr/lib', '/usr/lib64', ...readdirSync('/usr/lib').map((name) => `/usr/lib/${name}`)];
  const found = folders.map((folder) => `${folder}/faketime/libfaketimeMT.so.1`).find((path) => existsSync(path));
  if (found === undefined) throw new Error('there is no libfaketime here; Debian and Ubuntu: apt-get install faketime');
  return found;
}
