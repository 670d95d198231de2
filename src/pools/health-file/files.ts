import { access, constants, lstat, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DrainctlError, isDrainctlError } from '../../errors.ts';
import type { PoolProblem } from '../pool.ts';
import type { PoolDisk } from '../pool-disk.ts';
import type { Standing } from '../switched-pool.ts';

/** What is done with a health file to take its member out; see the option `depool`. */
export type HealthFileWay = 'rename' | 'remove' | 'create';

/** What can be done with health files. All reject as a {@link PoolDisk} does. */
export interface HealthFiles {
  look(file: string, signal: AbortSignal): Promise<Standing>;
  takeOut(file: string, reason: string, signal: AbortSignal): Promise<void>;
  putBack(file: string, signal: AbortSignal): Promise<void>;
  /** What would keep it from being changed, and what is doubtful. */
  check(file: string, signal: AbortSignal): Promise<PoolProblem[]>;
}

/** Symbolic links are never followed: it is the name that the check asks for which comes and goes. */
export function healthFiles(way: HealthFileWay, suffix: string, disk: PoolDisk): HealthFiles {
  const { look, takeOut, putBack } = way === 'rename' ? renamed(suffix) : flag(way === 'create');

  async function doubts(file: string): Promise<PoolProblem[]> {
    const { text } = await look(file);
    // A folder that is not there, or a file that is none, is an error of the look.
    const isBoth = way === 'rename' && text === bothText(file, suffix);
    const both = { message: `${text}: a leftover.`, remedy: `Remove ${file}${suffix}, or ${file}.` };
    const size = way === 'remove' ? await sizeOf(file) : 0;
    const full = { message: notEmpty(file).message, remedy: notEmpty(file).hint };
    return [...(isBoth ? [both] : []), ...(size > 0 ? [full] : [])];
  }

  return {
    look: (file, signal) => disk(`look at ${file}`, signal, () => look(file)),
    takeOut: (file, reason, signal) => disk(`${way} ${file}`, signal, () => takeOut(file, reason)),
    putBack: (file, signal) => disk(`put back ${file}`, signal, () => putBack(file)),
    async check(file, signal) {
      try {
        await disk(`write in ${dirname(file)}`, signal, () => access(dirname(file), constants.W_OK | constants.X_OK));
        return await disk(`look at ${file}`, signal, () => doubts(file));
      } catch (error) {
        if (!isDrainctlError(error, 'POOL_REFUSED')) throw error;
        return [{ message: `${error.message} ${file} can't be taken out.`, remedy: error.hint }];
      }
    },
  };
}

/** Work on one file; it rejects with what fs rejects with, or a DrainctlError. */
interface Way {
  look(file: string): Promise<Standing>;
  takeOut(file: string, reason: string): Promise<void>;
  putBack(file: string): Promise<void>;
}

/** What is renamed keeps its content, owner and mode. With both names there the check finds the file: it is in. */
function renamed(suffix: string): Way {
  return {
    async look(file) {
      const isThere = await isFile(file);
      const isAway = await isFile(`${file}${suffix}`);
      if (isThere) return { placement: 'in', text: isAway ? bothText(file, suffix) : `${file} is there` };
      if (isAway) return { placement: 'out', text: `renamed to ${file}${suffix}` };
      // Between the two looks it may have been renamed back.
      if (await isFile(file)) return { placement: 'in', text: `${file} is there` };
      await expectFolder(file);
      return { placement: 'missing', text: `neither ${file} nor ${file}${suffix} is there` };
    },
    takeOut: (file) => moved(file, `${file}${suffix}`),
    putBack: (file) => moved(`${file}${suffix}`, file),
  };
}

function bothText(file: string, suffix: string): string {
  return `${file} is there, and so is ${file}${suffix}`;
}

/** Somebody else may have renamed it in the meantime. */
async function moved(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isCode(error, 'ENOENT') || !(await isFile(to))) throw error;
  }
}

/** A file that means in or out by being there. */
function flag(meansOut: boolean): Way {
  return {
    async look(file) {
      const isThere = await isFile(file);
      if (!isThere) await expectFolder(file);
      return { placement: isThere === meansOut ? 'out' : 'in', text: `${file} is ${isThere ? '' : 'not '}there` };
    },
    async takeOut(file, reason) {
      if (meansOut) return create(file, `drainctl: ${reason}\n`);
      if ((await sizeOf(file)) > 0) throw notEmpty(file);
      await remove(file);
    },
    putBack: (file) => (meansOut ? remove(file) : create(file, '')),
  };
}

/** Whoever serves it must be able to read it, whatever our umask is. */
const mode = 0o644;

async function create(file: string, text: string): Promise<void> {
  try {
    const handle = await open(file, 'wx', mode);
    try {
      await handle.chmod(mode);
      await handle.writeFile(text);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  }
}

async function remove(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

/** 0 for one that is not there; a symbolic link has the size of its target's name. */
async function sizeOf(file: string): Promise<number> {
  try {
    return (await lstat(file)).size;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return 0;
    throw error;
  }
}

/** True for a file or a symbolic link. Throws for anything else of that name: it is not what was meant. */
async function isFile(path: string): Promise<boolean> {
  try {
    const stats = await lstat(path);
    if (stats.isFile() || stats.isSymbolicLink()) return true;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
  throw new DrainctlError('POOL_REFUSED', `${path} is a folder, a socket or a device, not a file.`, {
    hint: 'Correct "file" of the member.',
  });
}

/** Without its folder (a mount that is not there, a wrong path) a file that is absent says nothing. */
async function expectFolder(file: string): Promise<void> {
  const folder = dirname(file);
  try {
    await access(folder);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
    throw new DrainctlError('POOL_REFUSED', `There is no folder ${folder}, so nobody can tell of ${file}.`, {
      hint: 'Correct "file" of the member, make the folder, or mount what belongs there.',
      details: { file },
    });
  }
}

function notEmpty(file: string): DrainctlError {
  return new DrainctlError('POOL_REFUSED', `${file} is not an empty file, and would be put back as one.`, {
    hint: 'Use "depool: rename" for this pool, which keeps the file as it is.',
    details: { file },
  });
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
