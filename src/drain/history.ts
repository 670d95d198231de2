import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { makeFolder, onDisk } from '../disk.ts';
import type { Log } from '../log.ts';
import type { RunDocument } from './api.ts';

const keptRuns = 500;

/** A history on a disk that hangs must not hold up a shutdown. */
const diskLimitMs = 5_000;

/** The past runs, one JSON document a line in `state_dir/history.jsonl`, oldest first. Survives a reboot. */
export class History {
  readonly #dir: string;
  readonly #file: string;
  readonly #log: Log;
  readonly #inTurn = pLimit(1);

  constructor(stateDir: string, log: Log) {
    this.#dir = stateDir;
    this.#file = join(stateDir, 'history.jsonl');
    this.#log = log;
  }

  /** Adds a run. A history that can't be written is no reason to fail a run: the log says so. */
  async append(run: RunDocument): Promise<void> {
    const problem = await this.write(run);
    if (problem !== '') this.#log.warn(problem);
  }

  /** As {@link append}, but resolves with what to tell where it could not be written; else with ''. */
  async write(run: RunDocument): Promise<string> {
    try {
      // One at a time: a line that is added while another call trims the file would be lost.
      await inTime(() => this.#inTurn(() => this.#append(run)));
      return '';
    } catch (error) {
      const why = (error as Error).message; // as: fs rejects with Errors
      return `The history ${this.#file} can't be written: ${why}. Run ${run.id} (${run.action}) is missing in it.`;
    }
  }

  async #append(run: RunDocument): Promise<void> {
    await makeFolder(this.#dir);
    await this.#trim();
    // After a line that was torn the next one must begin anew; empty lines are passed over.
    const begin = (await this.#isTorn()) ? '\n' : '';
    await appendFile(this.#file, `${begin}${JSON.stringify(run)}\n`, { mode: 0o600, flush: true });
  }

  /** The latest runs first, each as it was last written; lines that can't be read (a torn last line after a power loss) are passed over. */
  async latest(limit: number): Promise<readonly RunDocument[]> {
    const lines = await inTime(() => this.#lines()).catch(() => []);
    const runs = new Map<string, RunDocument>();
    for (const run of lines.reverse().flatMap(parseLine)) if (!runs.has(run.id)) runs.set(run.id, run);
    return [...runs.values()].slice(0, limit);
  }

  async #trim(): Promise<void> {
    const lines = await this.#lines();
    if (lines.length < 2 * keptRuns) return;
    const temporary = `${this.#file}.new`;
    await writeFile(temporary, `${lines.slice(-keptRuns).join('\n')}\n`, { mode: 0o600 });
    await rename(temporary, this.#file);
  }

  /** True where the last line has no end: it was cut off by a crash. */
  async #isTorn(): Promise<boolean> {
    return !/(^|\n)$/.test(await this.#text());
  }

  async #text(): Promise<string> {
    return readFile(this.#file, 'utf8').catch(() => '');
  }

  async #lines(): Promise<string[]> {
    const text = await this.#text();
    return text.split('\n').filter((line) => line !== '');
  }
}

async function inTime<T>(work: () => Promise<T>): Promise<T> {
  const late = () => new Error(`the disk did not answer within ${diskLimitMs / 1_000} s`);
  return onDisk(diskLimitMs, late, work);
}

function parseLine(line: string): RunDocument[] {
  try {
    const run = JSON.parse(line) as RunDocument; // as: written by append(); a line without an id is no run
    // The first version of drainctl wrote no occasion.
    return typeof run.id === 'string' && Array.isArray(run.processes) ? [{ ...run, occasion: run.occasion ?? '' }] : [];
  } catch {
    return [];
  }
}
