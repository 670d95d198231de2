import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { diskHangs, makeFolder, onDisk } from '../disk.ts';
import type { ProcessProgress, RunAction, RunOptions } from './api.ts';
import { replaceDurably } from './durable-file.ts';
import { pidExists } from './live-pids.ts';
import type { Run } from './run.ts';
import { startTimeOf } from './start-time.ts';

/** A run does not wait for a disk that hangs. */
const diskLimitMs = 2_000;

const writeEveryMs = 250;

/** Also where nothing has changed it is written again after so many looks, 10 s: how old it is says when its run was killed. */
const looksUntilWritten = 40;

const version = 1;

/** A process of this machine that can be told from every later one of the same pid. */
export interface ProcessStamp {
  readonly pid: number;
  /** Undefined where the kernel does not tell. */
  readonly startTime?: string | undefined;
}

/** A run that is under way, as it is on the disk. */
export interface RunRecord {
  readonly version: number;
  readonly id: string;
  readonly action: RunAction;
  readonly names: readonly string[];
  readonly options: RunOptions;
  /** Wall clock, ISO 8601. */
  readonly startedAt: string;
  /** When the record was last written. */
  readonly at: string;
  readonly drainctl: ProcessStamp;
  /** Of the sidecar it is supervisord. */
  readonly parent: ProcessStamp;
  /** True where somebody waits for the result, and sees that it does not come. */
  readonly isFollowed: boolean;
  readonly processes: readonly Pick<ProcessProgress, 'name' | 'phase' | 'outcome'>[];
}

/** A record that is kept true while its run goes on. */
export interface KeptRecord {
  /** Resolves when it is gone: the run is in the history. */
  end(): Promise<void>;
}

/**
 * The runs that are under way, one file each in `state_dir/runs`, so that one whose drainctl was killed is not forgotten. A
 * convenience, not a journal: what can't be written or read is done without. None of its methods rejects.
 */
export class RunFiles {
  readonly #dir: string;

  constructor(stateDir: string) {
    this.#dir = join(stateDir, 'runs');
  }

  /** Writes down a run that begins, and how far it has got, several times a second. */
  async keep(run: Run): Promise<KeptRecord> {
    const file = this.#file(run.id);
    let written = gistOf(run);
    await quietly(async () => {
      await makeFolder(this.#dir);
      await replaceDurably(file, recordText(run));
    });
    let writing: Promise<void> = Promise.resolve();
    let looks = 0;
    const timer = setInterval(() => {
      const gist = gistOf(run);
      looks += 1;
      if (gist === written && looks < looksUntilWritten) return;
      written = gist;
      looks = 0;
      writing = writing.then(() => quietly(() => replace(file, recordText(run))));
    }, writeEveryMs);
    timer.unref();
    return {
      async end() {
        clearInterval(timer);
        await writing;
        await quietly(() => rm(file, { force: true }));
      },
    };
  }

  /** The runs whose drainctl is no more. */
  async left(): Promise<readonly RunRecord[]> {
    const names = (await quietly(() => readdir(this.#dir))) ?? [];
    const records = await Promise.all(names.filter((name) => name.endsWith('.json')).map((name) => this.#read(name)));
    return records.flatMap((record) => (record === undefined || lives(record.drainctl) ? [] : [record]));
  }

  /** Forgets a run. */
  async remove(id: string): Promise<void> {
    await quietly(() => rm(this.#file(id), { force: true }));
  }

  #file(id: string): string {
    return join(this.#dir, `${id}.json`);
  }

  async #read(name: string): Promise<RunRecord | undefined> {
    return quietly(async () => {
      const record = JSON.parse(await readFile(join(this.#dir, name), 'utf8')) as RunRecord; // as: checked in the next line, as far as it is used
      return isRecord(record) && name === `${record.id}.json` ? record : undefined;
    });
  }
}

/** The folder is anybody's who may write there, and what is done with a record must not fail a run. */
function isRecord({ version: given, at, names, options, drainctl, parent, processes }: RunRecord): boolean {
  const isWhole = [names, options, drainctl, parent, processes].every(
    (part) => typeof part === 'object' && part !== null,
  );
  return (
    given === version && isWhole && Array.isArray(names) && Array.isArray(processes) && !Number.isNaN(Date.parse(at))
  );
}

/** True while that very process lives; in doubt it does. */
export function lives({ pid, startTime }: ProcessStamp): boolean {
  const found = startTimeOf(pid);
  return found === undefined || startTime === undefined ? pidExists(pid) : found === startTime;
}

/** What tells the process of this pid from later ones. */
export function stampOf(pid: number): ProcessStamp {
  return { pid, startTime: startTimeOf(pid) };
}

function recordText(run: Run): string {
  const { id, action, names, options } = run;
  const record: RunRecord = {
    version,
    id,
    action,
    names,
    options,
    startedAt: run.startedAt.toISOString(),
    at: new Date().toISOString(),
    drainctl: stampOf(process.pid),
    parent: stampOf(process.ppid),
    isFollowed: run.isFollowed,
    processes: run.progress().map(({ name, phase, outcome }) => ({ name, phase, outcome })),
  };
  return `${JSON.stringify(record)}\n`;
}

function gistOf(run: Run): string {
  return JSON.stringify([run.isFollowed, run.progress().map(({ name, phase, outcome }) => [name, phase, outcome])]);
}

/** No flush: what a power loss takes is only how far it had got. */
async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Not again where a disk hangs: a shutdown has no time to wait for it at every step. */
async function quietly<T>(work: () => Promise<T>): Promise<T | undefined> {
  if (diskHangs()) return undefined;
  return onDisk(diskLimitMs, () => new Error('the disk does not answer'), work).catch(() => undefined);
}
