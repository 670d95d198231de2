import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ownDisk, setReadOnly } from '../../support/mounts.ts';

/** What can be wrong with a disk. */
export const diskFaults = ['full', 'read-only', 'without inodes'] as const;
export type DiskFault = (typeof diskFaults)[number];

/** A small disk of its own that a test lets fail. */
export interface LimitedDisk {
  /** A folder on it. */
  readonly stateDir: string;
  fail(): Promise<void>;
  mend(): Promise<void>;
}

/** Enough for what a stack writes before the fault; a few more are left for the test to use up. */
const options: Readonly<Record<DiskFault, string>> = {
  full: 'size=128k',
  'read-only': 'size=128k',
  'without inodes': 'size=128k,nr_inodes=24',
};

/** A disk in good order, which then fails in this way; it goes with the test. */
export function limitedDisk(fault: DiskFault): LimitedDisk {
  const path = ownDisk(options[fault]);
  const filler = join(path, 'filler');
  const fail: Readonly<Record<DiskFault, () => Promise<void>>> = {
    full: async () => fillSpace(filler),
    'read-only': () => setReadOnly(path, true),
    'without inodes': async () => fillInodes(filler),
  };
  return {
    stateDir: join(path, 'state'),
    fail: fail[fault],
    async mend() {
      if (fault === 'read-only') await setReadOnly(path, false);
      else rmSync(filler, { recursive: true, force: true });
    },
  };
}

function fillSpace(file: string): void {
  const descriptor = openSync(file, 'w');
  for (const size of [4_096, 1]) untilFull(() => void writeSync(descriptor, Buffer.alloc(size)));
  closeSync(descriptor);
}

function fillInodes(folder: string): void {
  mkdirSync(folder);
  let count = 0;
  untilFull(() => {
    closeSync(openSync(join(folder, `${count}`), 'w'));
    count += 1;
  });
}

function untilFull(work: () => void): void {
  try {
    for (;;) work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // as: what fs throws
    if (code !== 'ENOSPC') throw error;
  }
}
