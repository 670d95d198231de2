import { chmodSync, cpSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { builtDrainctl, type DrainctlResult } from './drainctl.ts';
import { markVariable } from './run-id.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';

/** drainctl as its package lays it out: `dist/` beside the files that an install is made from. */
export interface PackagedDrainctl {
  /** Its `dist/main.js`. */
  readonly main: string;
  /** Runs it to its end; as another user where `uid` says so. */
  run(args: readonly string[], options?: { readonly uid?: number }): Promise<DrainctlResult>;
}

/** Lays the package out in a directory that anybody may read. */
export function packagedDrainctl(directory: TemporaryDirectory): PackagedDrainctl {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  chmodSync(directory.path, 0o755);
  cpSync(dirname(builtDrainctl()), directory.file('package/dist'), { recursive: true });
  for (const folder of ['supervisord.d', 'units']) {
    cpSync(`${root}${folder}`, directory.file(`package/${folder}`), { recursive: true });
  }
  const main = directory.file('package/dist/main.js');
  return {
    main,
    async run(args, { uid } = {}) {
      const startedAt = performance.now();
      const result = await execa(process.execPath, [main, ...args], {
        env: { [markVariable]: directory.path },
        reject: false,
        stdin: 'ignore',
        timeout: 60_000,
        killSignal: 'SIGKILL',
        ...(uid === undefined ? {} : { uid, gid: uid }),
      });
      const { exitCode = -1, stdout, stderr } = result;
      return { exitCode, stdout, stderr, ms: performance.now() - startedAt };
    },
  };
}
