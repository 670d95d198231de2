import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Journal } from '../../../src/drain/journal.ts';
import { readJournalFile } from '../../../src/drain/journal-file.ts';
import { silentLog } from '../../../src/log.ts';
import { recordingLog } from '../../support/doubles/recording-log.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary-directory.ts';
import { entry, hold } from './journal-entries.ts';

const onDisk = (dir: TemporaryDirectory) => readJournalFile(dir.file('journal.json'));

async function loaded(dir: TemporaryDirectory): Promise<Journal> {
  const journal = new Journal(dir.path, silentLog);
  await journal.load();
  return journal;
}

describe('record', () => {
  test('resolves when the entry is on the disk', async () => {
    const dir = temporaryDirectory();
    const journal = await loaded(dir);

    await journal.record(entry('web:web_00'));

    expect(await onDisk(dir)).toEqual({ entries: [entry('web:web_00')], holds: [] });
  });

  test('keeps the first state before', async () => {
    const dir = temporaryDirectory();
    const journal = await loaded(dir);
    await journal.record(entry('web:web_00'));

    await journal.record(entry('web:web_00', { before: { placement: 'out' }, wasIn: false, run: 'run-2' }));

    expect((await onDisk(dir)).entries).toEqual([entry('web:web_00')]);
  });

  test('tells the addresses of one member apart', async () => {
    const dir = temporaryDirectory();
    const journal = await loaded(dir);

    await journal.record(entry('web:web_00'));
    await journal.record(entry('web:web_00', { address: 'pool-b' }));

    expect(journal.entriesOf('web:web_00').map(({ address }) => address)).toEqual(['pool-a', 'pool-b']);
  });

  test('of many at once needs few writes, and each is on the disk when it resolves', async () => {
    const dir = temporaryDirectory();
    const journal = await loaded(dir);
    const names = Array.from({ length: 50 }, (_, index) => `web:web_${index}`);
    const inodes = new Set<number>();

    await Promise.all(
      names.map(async (name) => {
        await journal.record(entry(name));
        // Each write is a new file.
        inodes.add(statSync(dir.file('journal.json')).ino);
        const text = readFileSync(dir.file('journal.json'), 'utf8');
        if (!text.includes(`"${name}"`)) throw new Error(`${name} is not on the disk`);
      }),
    );

    expect((await onDisk(dir)).entries).toHaveLength(50);
    expect(inodes.size).toBeLessThanOrEqual(2);
  });
});

describe('a change while the disk is busy', () => {
  test('is not lost, in whatever order they come', async () => {
    const dir = temporaryDirectory();
    const journal = await loaded(dir);

    await Promise.all([
      journal.record(entry('web:web_00')),
      journal.record(entry('web:web_01')),
      journal.hold(hold('web:web_01')),
      journal.clear(entry('web:web_00')),
    ]);

    expect(await onDisk(dir)).toEqual({ entries: [entry('web:web_01')], holds: [hold('web:web_01')] });
  });
});

describe('clear and holds', () => {
  test('clear forgets that member alone', async () => {
    const dir = temporaryDirectory();
    const journal = await loaded(dir);
    await journal.record(entry('web:web_00'));
    await journal.record(entry('web:web_00', { address: 'pool-b' }));

    await journal.clear(entry('web:web_00'));

    expect((await onDisk(dir)).entries.map(({ address }) => address)).toEqual(['pool-b']);
  });

  test('a process has one hold, the latest', async () => {
    const dir = temporaryDirectory();
    const journal = await loaded(dir);
    await journal.hold(hold('web:web_00', { reason: 'first' }));

    await journal.hold(hold('web:web_00', { reason: 'second' }));

    expect((await onDisk(dir)).holds.map(({ reason }) => reason)).toEqual(['second']);
  });

  test('endHold ends it', async () => {
    const dir = temporaryDirectory();
    const journal = await loaded(dir);
    await journal.hold(hold('web:web_00'));

    await journal.endHold('web:web_00');

    expect((await onDisk(dir)).holds).toEqual([]);
  });

  test('what is not there needs no write', async () => {
    const dir = temporaryDirectory();
    const journal = await loaded(dir);

    await journal.clear(entry('web:web_00'));
    await journal.endHold('web:web_00');

    expect(readdirSync(dir.path)).toEqual([]);
  });
});

describe('load', () => {
  test('knows what an earlier drainctl left', async () => {
    const dir = temporaryDirectory();
    await (await loaded(dir)).record(entry('web:web_00'));

    expect((await loaded(dir)).entriesOf('web:web_00')).toEqual([entry('web:web_00')]);
  });

  test('sets a damaged file aside, and says where and what to do', async () => {
    const dir = temporaryDirectory();
    dir.write('journal.json', '{"version":1,"entr');
    const log = recordingLog();

    await new Journal(dir.path, log).load();

    const [aside = ''] = readdirSync(dir.path);
    expect(readFileSync(dir.file(aside), 'utf8')).toBe('{"version":1,"entr');
    expect(log.messages('error')).toEqual([expect.stringContaining(aside)]);
  });

  test('after a damaged file can write a new one', async () => {
    const dir = temporaryDirectory();
    dir.write('journal.json', 'torn');
    const journal = await loaded(dir);

    await journal.record(entry('web:web_00'));

    expect((await onDisk(dir)).entries).toHaveLength(1);
  });

  test('refuses the file of a newer drainctl, and never overwrites it', async () => {
    const dir = temporaryDirectory();
    const newer = '{"version":2,"members":{}}';
    dir.write('journal.json', newer);
    const journal = new Journal(dir.path, silentLog);

    await expect(journal.load()).rejects.toMatchObject({ code: 'JOURNAL_NEWER' });
    await journal.record(entry('web:web_00'));

    expect(readFileSync(dir.file('journal.json'), 'utf8')).toBe(newer);
    expect(journal.entriesOf('web:web_00')).toHaveLength(1);
  });
});

describe('a disk that can not be written', () => {
  /** Below a regular file, because tests may run as root, who may write everywhere else. */
  const unwritable = () => `${temporaryDirectory().write('file', '')}/state`;

  test('does not keep a change from being known, and is told once', async () => {
    const log = recordingLog();
    const journal = new Journal(unwritable(), log);

    await journal.record(entry('web:web_00'));
    await journal.record(entry('web:web_01'));

    expect(journal.content.entries).toHaveLength(2);
    expect(log.messages('warn')).toEqual([expect.stringContaining("can't be written")]);
  });

  test('does not make the next run forget what is out', async () => {
    const journal = new Journal(unwritable(), silentLog);
    await journal.record(entry('web:web_00'));

    await journal.load();

    expect(journal.entriesOf('web:web_00')).toHaveLength(1);
  });

  test('does not hide from a look what is out', async () => {
    const dir = temporaryDirectory();
    const blocker = dir.write('state', '');
    const journal = new Journal(blocker, silentLog);
    await journal.record(entry('web:web_00'));
    rmSync(blocker);

    expect((await journal.peek()).entries).toHaveLength(1);
  });

  test('gets everything once it can be written again', async () => {
    const dir = temporaryDirectory();
    const blocker = dir.write('state', '');
    const journal = new Journal(blocker, silentLog);
    await journal.record(entry('web:web_00'));
    rmSync(blocker);
    mkdirSync(blocker);

    await journal.record(entry('web:web_01'));

    expect((await readJournalFile(`${blocker}/journal.json`)).entries).toHaveLength(2);
  });
});

describe('peek', () => {
  test('no longer calls a file damaged that somebody else has set aside', async () => {
    const dir = temporaryDirectory();
    dir.write('journal.json', '{"version":1,"ent');
    const journal = new Journal(dir.path, silentLog);
    await journal.peek();
    const before = journal.isDamaged;
    await (await loaded(dir)).record(entry('web:web_00'));

    await journal.peek();

    expect([before, journal.isDamaged]).toEqual([true, false]);
  });

  test('sees what another drainctl has written', async () => {
    const dir = temporaryDirectory();
    const onlooker = new Journal(dir.path, silentLog);

    await (await loaded(dir)).record(entry('web:web_00'));

    expect((await onlooker.peek()).entries).toEqual([entry('web:web_00')]);
  });

  test('of a damaged file is what is in memory, and leaves the file alone', async () => {
    const dir = temporaryDirectory();
    const journal = await loaded(dir);
    await journal.record(entry('web:web_00'));
    dir.write('journal.json', 'torn');

    expect((await journal.peek()).entries).toHaveLength(1);
    expect(readFileSync(dir.file('journal.json'), 'utf8')).toBe('torn');
  });
});
