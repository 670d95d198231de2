import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, onDisk } from '../disk.ts';
import type { ProcessConfig, ProcessInfo, ProcessName } from '../supervisor/process.ts';
import type { Snapshot } from './snapshot.ts';
import { startTimeOf } from './start-time.ts';

/** The gate does not wait for a disk that hangs. */
const diskLimitMs = 2_000;

/** What the file holds; of a later version of drainctl, or none, it is not read. */
interface Content {
  readonly version: 1;
  /** When each process was started, by its name; an earlier drainctl wrote none. */
  readonly startTimes?: Readonly<Record<ProcessName, string>> | undefined;
  readonly infos: readonly ProcessInfo[];
  readonly configs: readonly ProcessConfig[];
}

/**
 * The processes that supervisord runs, in `state_dir/processes.json`, written by the sidecar whenever they change. A
 * sidecar that is started anew right before supervisord stops knows from it what there is to drain, when supervisord
 * tells nothing any more. A convenience, not a journal: what can't be written or read is done without.
 */
export class SnapshotFile {
  readonly #dir: string;
  readonly #file: string;
  #written = '';
  #writing: Promise<void> = Promise.resolve();

  constructor(stateDir: string) {
    this.#dir = stateDir;
    this.#file = join(stateDir, 'processes.json');
  }

  /** Writes in the background, and only where the processes have changed. */
  write(snapshot: Snapshot): void {
    const gist = JSON.stringify(snapshot.infos.map(({ fullName, state, pid }) => [fullName, state, pid]));
    if (gist === this.#written) return;
    this.#written = gist;
    const configs = [...snapshot.configs.values()];
    const content: Content = { version: 1, startTimes: startTimesOf(snapshot.infos), infos: snapshot.infos, configs };
    this.#writing = this.#writing
      .then(() => this.#replace(JSON.stringify(content)))
      .catch(() => {
        // Not on the disk, so the next look writes it, whether or not anything has changed.
        this.#written = '';
      });
  }

  /** Resolves when what was written is on the disk, or could not be put there. A disk may hang. */
  get settled(): Promise<void> {
    return this.#writing;
  }

  /**
   * What was written last, by whichever process; undefined where it can't be had. A pid that is somebody else's by now, or
   * may be, is 0.
   */
  async read(): Promise<Snapshot | undefined> {
    try {
      const content = JSON.parse(await this.#text()) as Partial<Content>; // as: checked in the next line
      if (content.version !== 1 || !Array.isArray(content.infos) || !Array.isArray(content.configs)) return undefined;
      const configs = new Map<ProcessName, ProcessConfig>(content.configs.map((config) => [config.fullName, config]));
      return { infos: content.infos.map((info) => withOwnPid(info, content.startTimes)), configs };
    } catch {
      return undefined;
    }
  }

  /** Another one after each write, by whichever process; '' where there is no file. */
  async stamp(): Promise<string> {
    return withDisk(() => stat(this.#file, { bigint: true })).then(
      ({ ino, mtimeNs }) => `${ino} ${mtimeNs}`,
      () => '',
    );
  }

  async #text(): Promise<string> {
    return withDisk(() => readFile(this.#file, 'utf8'));
  }

  async #replace(text: string): Promise<void> {
    await makeFolder(this.#dir);
    const temporary = `${this.#file}.new`;
    await writeFile(temporary, text, { mode: 0o600 });
    await rename(temporary, this.#file);
  }
}

async function withDisk<T>(work: () => Promise<T>): Promise<T> {
  return onDisk(diskLimitMs, () => new Error('the disk did not answer'), work);
}

function startTimesOf(infos: readonly ProcessInfo[]): Record<ProcessName, string> {
  const times = infos.flatMap(({ fullName, pid }) => {
    const startTime = startTimeOf(pid);
    return startTime === undefined ? [] : [[fullName, startTime] as const];
  });
  return Object.fromEntries(times);
}

function withOwnPid(info: ProcessInfo, startTimes: Content['startTimes']): ProcessInfo {
  const startTime = startTimeOf(info.pid);
  const isOwn = startTime === undefined || startTime === startTimes?.[info.fullName];
  return startTimes !== undefined && isOwn ? info : { ...info, pid: 0 };
}
