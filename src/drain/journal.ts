import { join } from 'node:path';
import { isDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { ProcessName } from '../supervisor/process.ts';
import { failureToWrite, inTime } from './journal-disk.ts';
import {
  type EntryKey,
  emptyJournal,
  type Hold,
  isDamage,
  isSameEntry,
  type JournalContent,
  type JournalEntry,
  joined,
  readJournalFile,
  withoutHold,
  writeJournalFile,
} from './journal-file.ts';
import { setAside } from './set-aside.ts';
import { type JournalPlace, SpareJournal } from './spare-journal.ts';

export { spareFolder } from './spare-journal.ts';

/**
 * What was taken out, by whom, and its state before: written and flushed to the disk before a pool is touched, cleared
 * after the member is back. Only the owner of the lock writes; others may {@link peek}.
 *
 * A disk that can't be written does not stop a drain: the change goes to a second place, or else stays in memory, and the
 * log says so once.
 */
export class Journal {
  readonly #dir: string;
  readonly file: string;
  readonly #log: Log;
  #content: JournalContent = emptyJournal;
  #seen: JournalContent | undefined;
  #pendingChanges = 0;
  #users = 0;
  #loading: Promise<void> | undefined;
  #writing: Promise<void> | undefined;
  #queued: Promise<void> | undefined;
  readonly #spare: SpareJournal;
  #place: JournalPlace = 'state_dir';
  #isDamaged = false;
  /** True where the file must not be written over: a newer drainctl's, or one that could not be read. */
  #leaveAlone = false;
  /** What was taken out and held while the file was left alone: it joins what the file holds as soon as that can be read. */
  #besideFile: JournalContent = emptyJournal;

  /** `spareDir`: the folder of the second place; '': there is none. */
  constructor(stateDir: string, log: Log, spareDir = '') {
    this.#dir = stateDir;
    this.file = join(stateDir, 'journal.json');
    this.#log = log;
    this.#spare = new SpareJournal(spareDir, stateDir, log);
  }

  /**
   * Reads what is on the disk; call it once the lock is held. A damaged file is set aside. What could be written nowhere
   * is known in memory only, and stays known. What is in the second place goes back to the first as soon as it can.
   *
   * @throws DrainctlError `JOURNAL_NEWER`, or `JOURNAL_UNREADABLE` where the disk does not give it; who goes on all the
   *   same has a journal in memory only.
   */
  async load(): Promise<void> {
    if (this.#place === 'memory') return;
    this.#leaveAlone = false;
    const spare = await this.#spare.read();
    if (spare?.isPart === true) this.#besideFile = this.#withBesideFile(spare);
    try {
      this.#content = await this.#read();
      this.#seen = this.#content;
      if (this.#besideFile !== emptyJournal || spare !== undefined) await this.#write();
    } catch (error) {
      if (!isDamage(error)) {
        this.#leaveAlone = true;
        this.#content = this.#withBesideFile(this.#content);
        throw error;
      }
      const aside = (await setAside(this.file)) || this.file;
      this.#log.error(`${error.message} It is now ${aside}. ${error.hint}`, { code: error.code });
      this.#isDamaged = false;
      this.#content = this.#withBesideFile(emptyJournal);
      this.#seen = this.#content;
    }
  }

  /**
   * Has {@link load} done, unless somebody else in this process works with the journal already: then what is in memory
   * is ahead of the disk. Each call is followed by one of {@link close}, also where it rejects.
   */
  async open(): Promise<void> {
    this.#users += 1;
    if (this.#users === 1) this.#loading = this.load();
    await this.#loading;
  }

  /** See {@link open}. */
  close(): void {
    this.#users -= 1;
  }

  /** What is on the disk now, for those who don't hold the lock; what is in memory where it can't be read. */
  async peek(): Promise<JournalContent> {
    const before = this.#content;
    const isWritten = this.#pendingChanges === 0;
    const noteDamage = (error: unknown) => {
      this.#isDamaged = isDamage(error);
      return this.#content;
    };
    const found = this.#place === 'memory' ? before : await this.#read().catch(noteDamage);
    if (found !== this.#content) this.#isDamaged = false;
    // A change that was not yet on the disk, or that came meanwhile, is newer than what was read.
    if (isWritten && this.#content === before) this.#seen = found;
    return found;
  }

  /** What was last read, changed or peeked at, without a look at the disk; undefined: nothing yet. */
  get seen(): JournalContent | undefined {
    return this.#seen;
  }

  /** True where the file was found damaged, and was not yet set aside by {@link load}. */
  get isDamaged(): boolean {
    return this.#isDamaged;
  }

  get place(): JournalPlace {
    return this.#place;
  }

  /** See {@link SpareJournal}. */
  get spareDir(): string {
    return this.#spare.dir;
  }

  /** Why the file on the disk can't be relied on; "" where it can. */
  async problem(): Promise<string> {
    try {
      await this.#read();
      if (this.#place === 'memory')
        return `The journal ${this.file} can't be written; what is out is known to this process only.`;
      if ((await this.#spare.read()) === undefined) return '';
      return `The journal ${this.file} could not be written; until a run can write it again, it is ${this.#spare.file}.`;
    } catch (error) {
      if (!isDrainctlError(error)) throw error;
      return error.toText();
    }
  }

  /** What is known, without a look at the disk. */
  get content(): JournalContent {
    return this.#content;
  }

  entriesOf(process: ProcessName): readonly JournalEntry[] {
    return this.#content.entries.filter((entry) => entry.process === process);
  }

  /** The entry of one member, if it was taken out. */
  entry(key: EntryKey): JournalEntry | undefined {
    return this.#content.entries.find((entry) => isSameEntry(entry, key));
  }

  holdOf(process: ProcessName): Hold | undefined {
    return this.#content.holds.find((hold) => hold.process === process);
  }

  /** Resolves when the entry is on the disk. One that is there already stays: it knows the state before. */
  async record(entry: JournalEntry): Promise<void> {
    if (this.entry(entry) !== undefined) return;
    await this.#change((content) => ({ ...content, entries: [...content.entries, entry] }));
  }

  /** Forgets a member that is back. */
  async clear(key: EntryKey): Promise<void> {
    if (this.entry(key) === undefined) return;
    await this.#change(({ entries, holds }) => ({
      entries: entries.filter((entry) => !isSameEntry(entry, key)),
      holds,
    }));
  }

  async hold(hold: Hold): Promise<void> {
    await this.#change(({ entries, holds }) => ({ entries, holds: [...withoutHold(holds, hold.process), hold] }));
  }

  async endHold(process: ProcessName): Promise<void> {
    if (this.holdOf(process) === undefined) return;
    await this.#change(({ entries, holds }) => ({ entries, holds: withoutHold(holds, process) }));
  }

  /** Changes that come while the disk is busy go out together in the next write. */
  async #change(change: (content: JournalContent) => JournalContent): Promise<void> {
    this.#content = change(this.#content);
    if (this.#leaveAlone || this.#besideFile !== emptyJournal) this.#besideFile = change(this.#besideFile);
    this.#seen = this.#content;
    this.#pendingChanges += 1;
    try {
      this.#queued ??= this.#writeNext();
      await this.#queued;
    } finally {
      this.#pendingChanges -= 1;
    }
  }

  async #writeNext(): Promise<void> {
    await this.#writing;
    this.#queued = undefined;
    this.#writing = this.#write();
    await this.#writing;
  }

  async #read(): Promise<JournalContent> {
    const spare = await this.#spare.read();
    // A whole one is later than the main file, which may still hold what has been cleared since.
    if (spare !== undefined && spare.isPart !== true) return this.#withBesideFile(spare);
    const main = await inTime('JOURNAL_UNREADABLE', this.file, () => readJournalFile(this.file));
    return this.#withBesideFile(joined(main, spare ?? emptyJournal));
  }

  #withBesideFile(content: JournalContent): JournalContent {
    return joined(content, this.#besideFile);
  }

  async #write(): Promise<void> {
    if (this.#leaveAlone || !(await this.#writeMain())) await this.#writeSpare();
  }

  async #writeMain(): Promise<boolean> {
    const write = () => writeJournalFile(this.#dir, this.file, this.#content);
    const error = await failureToWrite(this.file, write);
    if (error === undefined) {
      this.#place = 'state_dir';
      this.#besideFile = emptyJournal;
      await this.#spare.remove();
    } else if (this.#place === 'state_dir') this.#log.warn(error.toText(), { code: error.code });
    return error === undefined;
  }

  async #writeSpare(): Promise<void> {
    const content = this.#leaveAlone ? { ...this.#besideFile, isPart: true } : this.#content;
    const error = await this.#spare.write(content);
    const isNews = this.#place !== 'memory' && this.spareDir !== '';
    if (error !== undefined && isNews) this.#log.warn(error.toText(), { code: error.code });
    this.#place = error === undefined ? 'spare' : 'memory';
    if (error === undefined && !this.#leaveAlone) this.#besideFile = emptyJournal;
  }
}
