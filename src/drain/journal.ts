import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { ProcessName } from '../supervisor/process.ts';
import {
  emptyJournal,
  type Hold,
  type JournalContent,
  type JournalEntry,
  readJournalFile,
  writeJournalFile,
} from './journal-file.ts';

/** What identifies an entry. */
export type EntryKey = Pick<JournalEntry, 'process' | 'pool' | 'address' | 'label'>;

/**
 * What was taken out, by whom, and its state before: written and flushed to the disk before a pool is touched, cleared
 * after the member is back. Only the owner of the lock writes; others may {@link peek}.
 *
 * A disk that can't be written does not stop a drain: the change stays in memory and the log says so once.
 */
export class Journal {
  readonly #dir: string;
  readonly #file: string;
  readonly #log: Log;
  #content: JournalContent = emptyJournal;
  #writing: Promise<void> | undefined;
  #queued: Promise<void> | undefined;
  #warned = false;
  /** True where the file is not ours to write: a newer drainctl's. */
  #leaveAlone = false;

  constructor(stateDir: string, log: Log) {
    this.#dir = stateDir;
    this.#file = join(stateDir, 'journal.json');
    this.#log = log;
  }

  /**
   * Reads what is on the disk; call it once the lock is held. A damaged file is set aside.
   *
   * @throws DrainctlError `JOURNAL_NEWER`; who goes on all the same has a journal in memory only.
   */
  async load(): Promise<void> {
    this.#leaveAlone = false;
    try {
      this.#content = await readJournalFile(this.#file);
    } catch (error) {
      this.#leaveAlone = isDrainctlError(error, 'JOURNAL_NEWER');
      if (!isDrainctlError(error, 'JOURNAL_UNREADABLE')) throw error;
      const aside = `${this.#file}.damaged-${new Date().toISOString().replaceAll(':', '')}`;
      await rename(this.#file, aside).catch(() => {});
      this.#log.error(`${error.message} It is now ${aside}. ${error.hint}`, { code: error.code });
      this.#content = emptyJournal;
    }
  }

  /** What is on the disk now, for those who don't hold the lock; what is in memory where it can't be read. */
  async peek(): Promise<JournalContent> {
    return readJournalFile(this.#file).catch(() => this.#content);
  }

  /** What is known, without a look at the disk. */
  get content(): JournalContent {
    return this.#content;
  }

  /** The entries of a process. */
  entriesOf(process: ProcessName): readonly JournalEntry[] {
    return this.#content.entries.filter((entry) => entry.process === process);
  }

  /** The entry of one member, if it was taken out. */
  entry(key: EntryKey): JournalEntry | undefined {
    return this.#content.entries.find((entry) => sameEntry(entry, key));
  }

  holdOf(process: ProcessName): Hold | undefined {
    return this.#content.holds.find((hold) => hold.process === process);
  }

  /** Resolves when the entry is on the disk. One that is there already stays: it knows the state before. */
  async record(entry: JournalEntry): Promise<void> {
    if (this.entry(entry) !== undefined) return;
    await this.#change({ ...this.#content, entries: [...this.#content.entries, entry] });
  }

  /** Forgets a member that is back. */
  async clear(key: EntryKey): Promise<void> {
    if (this.entry(key) === undefined) return;
    await this.#change({ ...this.#content, entries: this.#content.entries.filter((entry) => !sameEntry(entry, key)) });
  }

  async hold(hold: Hold): Promise<void> {
    const others = this.#content.holds.filter((other) => other.process !== hold.process);
    await this.#change({ ...this.#content, holds: [...others, hold] });
  }

  async endHold(process: ProcessName): Promise<void> {
    if (this.holdOf(process) === undefined) return;
    await this.#change({ ...this.#content, holds: this.#content.holds.filter((hold) => hold.process !== process) });
  }

  /** Changes that come while the disk is busy go out together in the next write. */
  async #change(content: JournalContent): Promise<void> {
    this.#content = content;
    this.#queued ??= this.#writeNext();
    await this.#queued;
  }

  async #writeNext(): Promise<void> {
    await this.#writing;
    this.#queued = undefined;
    this.#writing = this.#write();
    await this.#writing;
  }

  async #write(): Promise<void> {
    if (this.#leaveAlone) return;
    try {
      await writeJournalFile(this.#dir, this.#file, this.#content);
      this.#warned = false;
    } catch (error) {
      if (!isDrainctlError(error)) throw error;
      if (!this.#warned) this.#log.warn(`${error.message} ${error.hint}`, { code: error.code });
      this.#warned = true;
    }
  }
}

function sameEntry(entry: JournalEntry, key: EntryKey): boolean {
  return (
    entry.process === key.process &&
    entry.pool === key.pool &&
    entry.address === key.address &&
    entry.label === key.label
  );
}
