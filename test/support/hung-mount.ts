import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, mkdirSync, openSync } from 'node:fs';
import { onCleanUp } from './cleanup.ts';
import { mayMount } from './mounts.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A mount point behind which nobody answers, such as a network mount whose server hangs. */
export interface HungMount {
  /** Whatever touches it hangs in the kernel. */
  readonly path: string;
  /** From now on, and for what hangs already: "transport endpoint is not connected". */
  disconnect(): void;
}

/** Why this machine can't have one; undefined: it can. */
export function hungMountLacks(): string | undefined {
  if (!existsSync('/dev/fuse')) return 'there is no /dev/fuse';
  return mayMount() ? undefined : 'this process may not mount';
}

/** Mounts a FUSE file system whose daemon, this process, never answers. fuse(4) */
export function hungMount(): HungMount {
  const path = temporaryDirectory().file('hung');
  mkdirSync(path);
  const device = openSync('/dev/fuse', constants.O_RDWR);
  const options = 'fd=3,rootmode=40000,user_id=0,group_id=0';
  const { status, stderr } = spawnSync('mount', ['-i', '-t', 'fuse', '-o', options, 'none', path], {
    stdio: ['ignore', 'ignore', 'pipe', device],
  });
  if (status !== 0) throw new Error(`can't mount: ${stderr}`);
  let isOpen = true;
  const disconnect = () => {
    if (isOpen) closeSync(device);
    isOpen = false;
  };
  onCleanUp(() => {
    disconnect();
    execFileSync('umount', ['--lazy', path]);
  }, disconnect);
  return { path, disconnect };
}
