import { createHash } from 'node:crypto';
import { lstat, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { makeFolder } from '../disk.ts';
import { DrainctlError, toDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { failureToWrite, inTime } from './journal-disk.ts';
import { type JournalContent, readJournalFile, writeJournalFile } from './journal-file.ts';

/** Where the journal is: `spare` while state_dir can't be written, `memory` where the second place can't be either. */
export type JournalPlace = 'state_dir' | 'spare' | 'memory';

/** The second place: beside the sidecar's socket, so by default `/run/drainctl`. */
export function spareFolder(socket: string): string {
  return join(dirname(socket), 'drainctl');
}

/**
 * The journal's second place, for while state_dir can't be written. It outlives a restart of
 * supervisord and of drainctl, and not a reboot, which empties /run. None of its methods rejects: there is no third place.
 */
export class SpareJournal {
  /** '': there is no second place. */
  readonly dir: string;
  readonly file: string;
  readonly #log: Log;
  readonly #told = new Set<string>();

  constructor(dir: string, stateDir: string, log: Log) {
    const hash = createHash('sha256').update(resolve(stateDir)).digest('hex').slice(0, 16);
    this.dir = dir;
    this.file = join(dir, `journal-${hash}.json`);
    this.#log = log;
  }

  /** What is there; undefined: nothing, as in ordinary times, or nothing that can be read or trusted; then the log says so. */
  async read(): Promise<JournalContent | undefined> {
    if (this.dir === '') return undefined;
    try {
      return await inTime('JOURNAL_UNREADABLE', this.file, async () => {
        if (!(await isThere(this.file))) return undefined;
        await this.#refuseOthers();
        return readJournalFile(this.file);
      });
    } catch (error) {
      this.#warnOnce(toDrainctlError(error).toText());
      return undefined;
    }
  }

  /** Resolves with why it could not be written, or undefined. */
  async write(content: JournalContent): Promise<DrainctlError | undefined> {
    if (this.dir === '') return unusable('a second place', 'there is none');
    return failureToWrite(this.file, async () => {
      await makeFolder(this.dir).catch((cause: Error) => {
        throw unusable(this.dir, cause.message, cause);
      });
      await this.#refuseOthers();
      await writeJournalFile(this.dir, this.file, content);
    });
  }

  /** The journal is in state_dir again. */
  async remove(): Promise<void> {
    if (this.dir === '') return;
    await inTime('JOURNAL_UNWRITABLE', this.file, () => rm(this.file, { force: true })).catch((error: Error) => {
      const { code } = error as NodeJS.ErrnoException; // as: what fs rejects with
      if (code !== 'ENOTDIR')
        this.#warnOnce(
          `The journal is in state_dir again. Remove ${this.file}, which goes before it: ${error.message}`,
        );
    });
  }

  #warnOnce(message: string): void {
    if (!this.#told.has(message)) this.#log.warn(message);
    this.#told.add(message);
  }

  /** What a journal says is done to the pools: below a folder such as /tmp nobody else may write one for us. */
  async #refuseOthers(): Promise<void> {
    const { uid, mode } = await lstat(this.dir);
    const isDirectory = (mode & 0o170000) === 0o040000;
    const isOurs = uid === 0 || uid === process.geteuid?.();
    if (!isDirectory || !isOurs || (mode & 0o022) !== 0) throw unusable(this.dir, 'others may write there');
  }
}

async function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}

function unusable(dir: string, why: string, cause?: unknown): DrainctlError {
  return new DrainctlError('JOURNAL_UNWRITABLE', `The journal can't be kept in ${dir} either: ${why}.`, {
    hint: `Make state_dir writable, with space left; see "ls -ld ${dir}".`,
    details: { file: dir },
    cause,
  });
}
