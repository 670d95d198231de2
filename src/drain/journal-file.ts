import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { makeFolder } from '../disk.ts';
import { DrainctlError, isDrainctlError } from '../errors.ts';
import type { Json } from '../pools/pool.ts';
import type { ProcessName } from '../supervisor/process.ts';
import { replaceDurably } from './durable-file.ts';

/** Raised when the meaning of the file changes; a reader refuses a version above its own. */
const version = 1;

const knownKeys = ['version', 'entries', 'holds', 'isPart'];

/** A member that was taken out, and what it takes to put it back. */
export interface JournalEntry {
  readonly process: ProcessName;
  readonly pool: string;
  readonly address: string;
  /** The member's name to a person; with pool, address and process it identifies the entry. */
  readonly label: string;
  /** The member as the pool's driver takes it, so that it can be put back although the configuration has changed. */
  readonly member: { readonly [key: string]: Json };
  readonly before: Json;
  /** False where the member was out already before we came. */
  readonly wasIn: boolean;
  /** Wall clock, ISO 8601. */
  readonly at: string;
  readonly run: string;
  /** What befell the process, where that is why it was taken out: `crashed`. */
  readonly reason?: string;
}

/** What identifies an entry. */
export type EntryKey = Pick<JournalEntry, 'process' | 'pool' | 'address' | 'label'>;

/** True where both are of the same member. */
export function isSameEntry(one: EntryKey, other: EntryKey): boolean {
  return (
    one.process === other.process &&
    one.pool === other.pool &&
    one.address === other.address &&
    one.label === other.label
  );
}

/** The pool under whose name drainctl has taken out this member, where `key` has another one: the configuration has renamed it since. */
export function formerPoolOf(entries: readonly JournalEntry[], key: EntryKey): string | undefined {
  return entries.find((entry) => entry.pool !== key.pool && isSameEntry(entry, { ...key, pool: entry.pool }))?.pool;
}

/** A process that a person drained on purpose. */
export interface Hold {
  readonly process: ProcessName;
  readonly reason: string;
  readonly since: string;
  /** When it ends by itself, ISO 8601; "" for never. */
  readonly until: string;
  readonly run: string;
}

/** True for a hold whose time is over. */
export function isOver(hold: Hold): boolean {
  return hold.until !== '' && Date.parse(hold.until) <= Date.now();
}

/** All that the journal holds. */
export interface JournalContent {
  readonly entries: readonly JournalEntry[];
  readonly holds: readonly Hold[];
  /** Only in the second place: this is not the whole, but what joins a main file that could not be read. */
  readonly isPart?: boolean;
}

/** What `content` and `other` hold; of the same member or process `content` has the say. */
export function joined(content: JournalContent, other: JournalContent): JournalContent {
  const entries = other.entries.filter((entry) => !content.entries.some((known) => isSameEntry(entry, known)));
  const holds = other.holds.filter(({ process }) => !content.holds.some((known) => known.process === process));
  return { entries: [...content.entries, ...entries], holds: [...content.holds, ...holds] };
}

/** The holds of all other processes. */
export function withoutHold(holds: readonly Hold[], process: ProcessName): readonly Hold[] {
  return holds.filter((hold) => hold.process !== process);
}

/** A journal of nothing. */
export const emptyJournal: JournalContent = { entries: [], holds: [] };

/**
 * Reads `journal.json`; a missing one is empty.
 *
 * @throws DrainctlError `JOURNAL_UNREADABLE` (`details.damaged` tells damaged content from a disk that does not give it),
 * `JOURNAL_NEWER` for a later version of the format.
 */
export async function readJournalFile(file: string): Promise<JournalContent> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // as: what fs rejects with
    if (code === 'ENOENT' || code === 'ENOTDIR') return emptyJournal;
    throw new DrainctlError('JOURNAL_UNREADABLE', `The journal ${file} can't be read: ${(error as Error).message}.`, {
      hint: `Check the owner and mode of ${file}.`,
      details: { file, damaged: false },
      cause: error,
    });
  }
  return parseJournal(text, file);
}

function parseJournal(text: string, file: string): JournalContent {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw damaged(file, cause);
  }
  if (!isObject(data)) throw damaged(file);
  const found = data as Partial<JournalContent & { version: number }>; // as: every member is checked below
  if (typeof found.version === 'number' && found.version > version) {
    throw new DrainctlError(
      'JOURNAL_NEWER',
      `The journal ${file} has version ${found.version}; this drainctl reads up to ${version}.`,
      {
        hint: 'Run the newer drainctl again, or move the file away and put the members back by hand (see "Manual intervention" in the README).',
        details: { file, version: found.version },
      },
    );
  }
  if (found.version !== version || !Array.isArray(found.entries) || !Array.isArray(found.holds)) throw damaged(file);
  if (!found.entries.every(isEntry) || !found.holds.every(isHold)) throw damaged(file);
  if (!isUnchanged(data as object)) throw damaged(file); // as: isObject() above
  const part = found.isPart === true ? { isPart: true } : {};
  return { entries: found.entries, holds: found.holds, ...part };
}

/** What an earlier drainctl or a person wrote has no checksum; then nothing else may be in it that is not known. */
function isUnchanged(data: object): boolean {
  const { checksum, ...body } = data as { readonly checksum?: unknown }; // as: only looked at
  if (checksum !== undefined) return checksum === checksumOf(body);
  return Object.keys(body).every((key) => knownKeys.includes(key));
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isEntry(value: JournalEntry): boolean {
  const texts = [value?.process, value?.pool, value?.address, value?.label, value?.at, value?.run];
  return texts.every((text) => typeof text === 'string') && isObject(value.member) && 'before' in value;
}

function isHold(value: Hold): boolean {
  return [value?.process, value?.reason, value?.since, value?.until].every((text) => typeof text === 'string');
}

function damaged(file: string, cause?: unknown): DrainctlError {
  return new DrainctlError(
    'JOURNAL_UNREADABLE',
    `The journal ${file} is damaged: it was cut off, or changed on the disk.`,
    {
      hint: '"drainctl status" shows what is out without an entry; "drainctl pool NAME --force" puts it back.',
      details: { file, damaged: true },
      cause,
    },
  );
}

/** True where the file was read, and what it holds is not what was written. */
export function isDamage(error: unknown): error is DrainctlError {
  return isDrainctlError(error, 'JOURNAL_UNREADABLE') && error.details['damaged'] === true;
}

/**
 * Replaces the file as a whole: after a crash or a power loss at any moment it holds the old content or the new one.
 * A checksum tells content that has changed on the disk.
 *
 * @throws DrainctlError `JOURNAL_UNWRITABLE`
 */
export async function writeJournalFile(dir: string, file: string, content: JournalContent): Promise<void> {
  try {
    await makeFolder(dir);
    await replaceDurably(file, journalText(content));
  } catch (error) {
    throw new DrainctlError(
      'JOURNAL_UNWRITABLE',
      `The journal ${file} can't be written: ${(error as Error).message}.`,
      {
        hint: `Make ${dir} writable, with space left, or set state_dir.`,
        details: { file },
        cause: error,
      },
    );
  }
}

/** The checksum is that of the JSON without blanks and without itself, whatever the file is written like. */
function journalText({ entries, holds, isPart }: JournalContent): string {
  const body = { version, entries, holds, ...(isPart === true ? { isPart } : {}) };
  return `${JSON.stringify({ checksum: checksumOf(body), ...body }, undefined, 1)}\n`;
}

function checksumOf(body: object): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex');
}
