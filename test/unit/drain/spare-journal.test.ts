import { chmodSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Journal } from '../../../src/drain/journal.ts';
import { readJournalFile } from '../../../src/drain/journal-file.ts';
import { silentLog } from '../../../src/log.ts';
import { recordingLog } from '../../support/doubles/recording-log.ts';
import { runTo, ScriptedWorld } from '../../support/doubles/scripted-world.ts';
import { mayMount, ownDisk, setReadOnly } from '../../support/mounts.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { entry, hold } from './journal-entries.ts';

/** A state_dir with a file in its way, and the folder of the second place. */
function places() {
  const dir = temporaryDirectory();
  const stateDir = dir.write('state', '');
  const unblock = () => {
    rmSync(stateDir);
    mkdirSync(stateDir);
  };
  const spareDir = dir.file('spare');
  /** As another process has it. */
  const journal = (log = silentLog) => new Journal(stateDir, log, spareDir);
  return { dir, stateDir, spareDir, unblock, journal };
}

async function namesIn(journal: Journal): Promise<string[]> {
  await journal.load();
  return journal.content.entries.map(({ process }) => process);
}

describe('a journal whose state_dir can not be written', () => {
  test('is known to the next process', async () => {
    const { journal, spareDir } = places();
    const first = journal();
    await first.load();
    await first.record(entry('web:web_00'));
    await first.hold(hold('web:web_00'));

    const next = journal();

    expect(await namesIn(next)).toEqual(['web:web_00']);
    expect(next.holdOf('web:web_00')).toEqual(hold('web:web_00'));
    expect((await journal().peek()).entries).toHaveLength(1);
    expect(await journal().problem()).toContain(`it is ${spareDir}/journal-`);
    expect(statSync(spareDir).mode & 0o777).toBe(0o700);
  });

  test('goes back to state_dir, and out of the second place, as soon as it can', async () => {
    const { journal, stateDir, spareDir, unblock } = places();
    await journal().record(entry('web:web_00'));
    unblock();

    const next = journal();
    await next.load();

    expect(next.place).toBe('state_dir');
    expect((await readJournalFile(`${stateDir}/journal.json`)).entries).toHaveLength(1);
    expect(readdirSync(spareDir)).toEqual([]);
  });

  test('whose file could not be read joins what that file holds', async () => {
    const { journal, stateDir, unblock } = places();
    unblock();
    mkdirSync(`${stateDir}/journal.json`);
    const first = journal();
    await expect(first.load()).rejects.toMatchObject({ code: 'JOURNAL_UNREADABLE' });
    await first.record(entry('web:web_01'));
    rmSync(`${stateDir}/journal.json`, { recursive: true });
    await new Journal(stateDir, silentLog).record(entry('web:web_00'));

    expect(await namesIn(journal())).toEqual(['web:web_00', 'web:web_01']);
    expect((await readJournalFile(`${stateDir}/journal.json`)).entries).toHaveLength(2);
  });

  test.each(['the same process', 'the next one'])('whose file could not be read keeps its holds in %s', async (who) => {
    const { journal, stateDir, unblock } = places();
    unblock();
    mkdirSync(`${stateDir}/journal.json`);
    const first = journal();
    await expect(first.load()).rejects.toMatchObject({ code: 'JOURNAL_UNREADABLE' });
    await first.record(entry('web:web_01'));
    await first.hold(hold('web:web_01'));
    rmSync(`${stateDir}/journal.json`, { recursive: true });

    const later = who === 'the same process' ? first : journal();
    await later.load();

    expect(later.holdOf('web:web_01')).toEqual(hold('web:web_01'));
    expect((await readJournalFile(`${stateDir}/journal.json`)).holds).toEqual([hold('web:web_01')]);
  });

  test('does not take the word of a folder in which others may write', async () => {
    const { journal, spareDir } = places();
    await journal().record(entry('web:web_00'));
    chmodSync(spareDir, 0o777);
    const log = recordingLog();

    const next = journal(log);

    expect(await namesIn(next)).toEqual([]);
    expect(log.messages('warn').join()).toContain('others may write there');
    await next.record(entry('web:web_01'));
    expect(next.place).toBe('memory');
  });

  test('is another one for each state_dir', async () => {
    const { dir, journal, spareDir } = places();
    await journal().record(entry('web:web_00'));

    expect(await namesIn(new Journal(`${dir.path}/other`, silentLog, spareDir))).toEqual([]);
  });

  // Where no file system can be mounted, such as in a container without the right to, the tests above must do.
  test.runIf(mayMount())('but read, does not bring back what was cleared since', async () => {
    const stateDir = ownDisk();
    const { spareDir } = places();
    const journal = () => new Journal(stateDir, silentLog, spareDir);
    await journal().record(entry('web:web_00'));
    await setReadOnly(stateDir, true);
    const second = journal();
    await second.load();
    await second.clear(entry('web:web_00'));
    await second.record(entry('web:web_01'));

    expect(await namesIn(journal())).toEqual(['web:web_01']);
    await setReadOnly(stateDir, false);
    expect(await namesIn(journal())).toEqual(['web:web_01']);
    expect((await readJournalFile(`${stateDir}/journal.json`)).entries).toHaveLength(1);
  });
});

describe('a run whose state_dir can not be written', () => {
  const stepsOf = async (world: ScriptedWorld, action: 'gate' | 'shutdown') => {
    const engine = world.engine();
    // The gate goes by what was last seen.
    await engine.world.fresh();
    const run = engine.begin(action, [], { occasion: 'service restart' });
    const result = await run.ended(AbortSignal.timeout(8_000));
    const { steps } = await run.wait(0, 0);
    return { result, warnings: steps.filter(({ kind }) => kind === 'warning').map(({ message }) => message) };
  };

  test.each(['gate', 'shutdown'] as const)('%s: says once where the journal is', async (action) => {
    const { dir, stateDir } = places();
    const socket = dir.file('drainctl.sock');
    const world = new ScriptedWorld({ processes: ['web:web_00', 'web:web_01'], stateDir, socket });

    const { result, warnings } = await stepsOf(world, action);

    const text = `state_dir can't be written; the journal is kept in ${dir.path}/drainctl, which a reboot empties`;
    expect(warnings.filter((message) => message.includes('the journal is kept'))).toEqual([text]);
    expect(result.message).toContain('the processes go back into their pools');
  });

  test.each(['gate', 'shutdown'] as const)('%s: nor anything else, says what to put back by hand', async (action) => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'web:web_01'], stateDir: places().stateDir });

    const { result, warnings } = await stepsOf(world, action);

    expect(warnings.filter((message) => message.includes("can't be written down"))).toHaveLength(1);
    expect(result.message).toMatch(/put back by hand: app\/web_00 at pool-a, app\/web_01 at pool-a\.$/);
    expect(result.message).not.toContain('go back into their pools');
  });

  test('of more members than a line holds names some and counts the rest', async () => {
    const processes = Array.from({ length: 12 }, (_, index) => `web:web_${index}`);
    const world = new ScriptedWorld({ processes, stateDir: places().stateDir });

    const { message } = await runTo(world.engine(), 'shutdown');

    expect(message).toMatch(/ and 2 more, named above\.$/);
  });
});
