import { chmodSync } from 'node:fs';
import { delimiter } from 'node:path';
import type { TemporaryDirectory } from './temporary-directory.ts';

/**
 * Puts a `systemctl` into a directory, which says this of the system and of every unit's job. Gives the environment
 * that finds it first.
 */
export function fakeSystemctl(
  directory: TemporaryDirectory,
  { state, job }: { readonly state: string; readonly job: string },
): { readonly PATH: string } {
  const script = `#!/bin/sh
case "$1" in
  is-system-running) echo '${state}'; [ '${state}' = running ] ;;
  list-jobs) for unit; do :; done; ${job === '' ? ':' : `echo "  12 $unit ${job} running"`} ;;
  *) echo "unknown: $*" >&2; exit 1 ;;
esac
`;
  const file = directory.write('systemctl', script);
  chmodSync(file, 0o755);
  return { PATH: `${directory.path}${delimiter}${process.env['PATH'] ?? ''}` };
}
