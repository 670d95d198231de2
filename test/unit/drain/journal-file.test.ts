import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { emptyJournal, isOver, readJournalFile, writeJournalFile } from '../../../src/drain/journal-file.ts';
import type { DrainctlError } from '../../../src/errors.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary-directory.ts';
import { entry, hold } from './journal-entries.ts';

const content = { entries: [entry('web:web_00')], holds: [hold('web:web_00')] };

describe('a journal that was written', () => {
  test('reads back the same', async () => {
    const dir = temporaryDirectory();
    const file = dir.file('journal.json');

    await writeJournalFile(dir.path, file, content);

    expect(await readJournalFile(file)).toEqual(content);
  });

  test('is for its owner only, and leaves no other file', async () => {
    const dir = temporaryDirectory();

    await writeJournalFile(dir.path, dir.file('journal.json'), content);

    expect(readdirSync(dir.path)).toEqual(['journal.json']);
    expect(statSync(dir.file('journal.json')).mode & 0o777).toBe(0o600);
  });

  test('makes its folder, for its owner only', async () => {
    const dir = temporaryDirectory();
    const state = dir.file('a/b');

    await writeJournalFile(state, `${state}/journal.json`, content);

    expect(statSync(state).mode & 0o777).toBe(0o700);
  });

  test('below a regular file is JOURNAL_UNWRITABLE', async () => {
    const state = temporaryDirectory().write('file', 'not a folder');

    await expect(writeJournalFile(state, `${state}/journal.json`, content)).rejects.toMatchObject({
      code: 'JOURNAL_UNWRITABLE',
      hint: expect.stringContaining('state_dir'),
    });
  });

  test('cut off anywhere is damaged, and never half a journal', async () => {
    const dir = temporaryDirectory();
    await writeJournalFile(dir.path, dir.file('journal.json'), content);
    const text = readFileSync(dir.file('journal.json'), 'utf8').trimEnd();
    const anyCut = fc.integer({ min: 0, max: text.length - 1 });

    await fc.assert(
      fc.asyncProperty(anyCut, async (length) => {
        const torn = dir.write('torn.json', text.slice(0, length));
        await expect(readJournalFile(torn)).rejects.toMatchObject({ code: 'JOURNAL_UNREADABLE' });
      }),
    );
  });
});

describe('a byte of the journal that has changed on the disk', () => {
  /** What comes of the file with that byte replaced. */
  async function readChanged(dir: TemporaryDirectory, at: number, flip: number): Promise<unknown> {
    const bytes = readFileSync(dir.file('journal.json'));
    bytes[at] = (bytes[at] ?? 0) ^ flip;
    writeFileSync(dir.file('changed.json'), bytes);
    return readJournalFile(dir.file('changed.json')).catch((error: DrainctlError) => error.code);
  }

  test('at whatever place is found out, or changes nothing', async () => {
    const dir = temporaryDirectory();
    await writeJournalFile(dir.path, dir.file('journal.json'), content);
    const { size } = statSync(dir.file('journal.json'));

    for (let at = 0; at < size; at += 1) {
      // Every bit of the place in its turn, over all places.
      const found = await readChanged(dir, at, 1 << (at % 8));
      if (found !== 'JOURNAL_UNREADABLE' && found !== 'JOURNAL_NEWER') expect(found).toEqual(content);
    }
  });

  test('to whatever it becomes is found out, or changes nothing', async () => {
    const dir = temporaryDirectory();
    await writeJournalFile(dir.path, dir.file('journal.json'), content);
    const { size } = statSync(dir.file('journal.json'));

    await fc.assert(
      fc.asyncProperty(fc.nat(size - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const found = await readChanged(dir, at, flip);
        if (found !== 'JOURNAL_UNREADABLE' && found !== 'JOURNAL_NEWER') expect(found).toEqual(content);
      }),
      { numRuns: 500 },
    );
  });

  test('in a name is found out, though it reads as a name', async () => {
    const dir = temporaryDirectory();
    await writeJournalFile(dir.path, dir.file('journal.json'), content);
    const text = readFileSync(dir.file('journal.json'), 'utf8').replaceAll('web_00', 'web_01');

    await expect(readJournalFile(dir.write('changed.json', text))).rejects.toMatchObject({
      code: 'JOURNAL_UNREADABLE',
    });
  });
});

describe('a power loss while the journal is written', () => {
  /** What the disk was told to keep, in its order, while `work` went on, and whether journal.json was there by then. */
  async function syncsOf(dir: TemporaryDirectory, work: () => Promise<void>): Promise<string[]> {
    const handle = await open(dir.path);
    // as: FileHandle has no name to import; this is its class
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const seen: string[] = [];
    const { sync } = prototype;
    const spy = vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
      const kind = (await this.stat()).isDirectory() ? 'folder' : 'file';
      seen.push(`${kind}, ${existsSync(dir.file('state/journal.json')) ? 'after' : 'before'} the rename`);
      await sync.call(this);
    });
    await work().finally(() => spy.mockRestore());
    return seen;
  }

  test('finds the old or the new one, because file and folder are flushed in this order', async () => {
    const dir = temporaryDirectory();

    const syncs = await syncsOf(dir, () =>
      writeJournalFile(dir.file('state'), dir.file('state/journal.json'), content),
    );

    // The first: the folder above state_dir, which has just been made.
    expect(syncs).toEqual(['folder, before the rename', 'file, before the rename', 'folder, after the rename']);
  });
});

describe('a journal', () => {
  const written = { version: 1, ...content };

  test('that is not there is empty', async () => {
    expect(await readJournalFile(temporaryDirectory().file('journal.json'))).toEqual(emptyJournal);
  });

  test.each([
    ['is no JSON', 'hello'],
    ['is null', 'null'],
    ['is a list', '[]'],
    ['has no version', JSON.stringify(content)],
    ['has an older version than there ever was', JSON.stringify({ ...written, version: 0 })],
    ['has no entries', JSON.stringify({ version: 1, holds: [] })],
    ['has an entry of null', JSON.stringify({ ...written, entries: [null] })],
    [
      'has an entry without an address',
      JSON.stringify({ ...written, entries: [{ ...entry('a:a'), address: undefined }] }),
    ],
    [
      'has an entry without its state before',
      JSON.stringify({ ...written, entries: [{ ...entry('a:a'), before: undefined }] }),
    ],
    ['has an entry without a member', JSON.stringify({ ...written, entries: [{ ...entry('a:a'), member: null }] })],
    ['has what is not known, and no checksum', JSON.stringify({ ...written, holdz: [] })],
    ['has the checksum of another', JSON.stringify({ ...written, checksum: '0'.repeat(64) })],
    ['has a hold without a reason', JSON.stringify({ ...written, holds: [{ ...hold('a:a'), reason: undefined }] })],
  ])('that %s is damaged', async (_, text) => {
    const file = temporaryDirectory().write('journal.json', text);

    await expect(readJournalFile(file)).rejects.toMatchObject({ code: 'JOURNAL_UNREADABLE', details: { file } });
  });

  test('of an earlier drainctl, or of a person, has no checksum and is read', async () => {
    const file = temporaryDirectory().write('journal.json', JSON.stringify(written));

    expect(await readJournalFile(file)).toEqual(content);
  });

  test('of a newer drainctl is JOURNAL_NEWER, whatever else is in it', async () => {
    const file = temporaryDirectory().write('journal.json', '{"version":2,"members":{}}');

    await expect(readJournalFile(file)).rejects.toMatchObject({ code: 'JOURNAL_NEWER', details: { file, version: 2 } });
  });

  test('that can not be read is JOURNAL_UNREADABLE', async () => {
    await expect(readJournalFile(temporaryDirectory().path)).rejects.toMatchObject({ code: 'JOURNAL_UNREADABLE' });
  });
});

describe('a hold', () => {
  test.each([
    ['without an end', '', false],
    ['that ends later', '2999-01-01T00:00:00.000Z', false],
    ['that has ended', '2001-01-01T00:00:00.000Z', true],
  ])('%s', (_, until, expected) => {
    expect(isOver(hold('web:web_00', { until }))).toBe(expected);
  });
});
