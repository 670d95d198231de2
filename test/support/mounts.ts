import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { onCleanUp } from './cleanup.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { waitFor } from './wait-for.ts';

/** True where this process may mount a file system. */
export function mayMount(): boolean {
  const dir = temporaryDirectory();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir.path]).status === 0;
  if (mounted) spawnSync('umount', [dir.path]);
  return mounted;
}

/** A folder on a disk of its own, until the test ends; `options` are tmpfs's. Default: 64 KiB. */
export function ownDisk(options = 'size=64k'): string {
  const path = temporaryDirectory().file('disk');
  mkdirSync(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
  onCleanUp(() => {
    execFileSync('umount', ['--lazy', path]);
  });
  return path;
}

/** Makes an {@link ownDisk} read-only, for root too, or takes that back. Waits until nobody writes to a file of it. */
export async function setReadOnly(path: string, isReadOnly: boolean): Promise<void> {
  const remount = () => {
    execFileSync('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, path], { stdio: 'pipe' });
    return true;
  };
  await waitFor(remount, { what: `${path} to be mounted anew`, intervalMs: 5 });
}
