import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { Journal } from '../../../../src/drain/journal.ts';
import { silentLog } from '../../../../src/log.ts';
import { recordingLog } from '../../../support/doubles/recording-log.ts';
import { runTo, ScriptedWorld } from '../../../support/doubles/scripted-world.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { entry } from '../journal-entries.ts';

const noDescriptors = fileURLToPath(new URL('../../../fixtures/journal/no-descriptors.mjs', import.meta.url));

describe('a journal that can not be read at the moment', () => {
  test('for want of file descriptors is not set aside, and is known again when there are some', async () => {
    const dir = temporaryDirectory();
    await new Journal(dir.path, silentLog).record(entry('web:web_00'));
    const before = readFileSync(dir.file('journal.json'), 'utf8');

    const command = `ulimit -n 128 && exec "${process.execPath}" --import tsx "${noDescriptors}" "${dir.path}"`;
    const { stdout } = await execa('sh', ['-c', command], { timeout: 8_000 });

    expect(JSON.parse(stdout)).toMatchObject({
      code: 'JOURNAL_UNREADABLE',
      message: expect.stringContaining('EMFILE'),
      entries: 1,
    });
    expect(readdirSync(dir.path)).toEqual(['journal.json']);
    expect(readFileSync(dir.file('journal.json'), 'utf8')).toBe(before);
  });

  test('is not written over by a shutdown that goes on without it', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const file = `${world.config.stateDir}/journal.json`;
    // Reading a folder fails, for root too; and it could not be replaced by a file without being moved away.
    mkdirSync(file);

    const result = await runTo(world.engine(), 'shutdown');

    expect(result).toMatchObject({ outcome: 'done', cut: 0 });
    expect(world.calls).toEqual(['depool app/web_00 at pool-a', 'stop web:web_00', 'shutdown']);
    expect(world.log.messages('warn').join()).toContain('goes on without the journal');
    expect(readdirSync(world.config.stateDir).filter((name) => name.startsWith('journal'))).toEqual(['journal.json']);
  });

  test('ends a restart before anything is touched', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    mkdirSync(`${world.config.stateDir}/journal.json`);

    expect(await runTo(world.engine(), 'restart', ['all'])).toMatchObject({
      outcome: 'failed',
      error_code: 'JOURNAL_UNREADABLE',
    });
    expect(world.calls).toEqual([]);
  });
});

/** `full` has a state_dir that held something once; the other one can't even be made. */
describe('a journal that can not be written', () => {
  /** Below a regular file, because root may write everywhere else. */
  const unwritable = () => `${temporaryDirectory().write('file', '')}/state`;

  test('does not keep pool from putting back what a drain took out', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'], stateDir: unwritable() });
    const engine = world.engine();

    expect(await runTo(engine, 'drain', ['all'], { reason: 'heap dump' })).toMatchObject({ outcome: 'done' });
    const { warnings, processes } = await engine.getStatus();
    expect(await runTo(engine, 'pool', ['all'])).toMatchObject({ outcome: 'done' });

    expect(processes).toMatchObject([{ held: true, why: 'on hold: heap dump', pool: 'out' }]);
    expect(warnings.join()).toContain('known to this process only');
    expect(world.pool.namesOf('in')).toEqual(['app/web_00']);
  });

  test('does not make what was on the disk before count for more than what is known', async () => {
    const dir = temporaryDirectory();
    const journal = new Journal(dir.path, silentLog);
    await journal.record(entry('web:web_00'));
    const kept = readFileSync(dir.file('journal.json'), 'utf8');
    rmSync(dir.path, { recursive: true });
    dir.write('../'.concat(dir.path.split('/').at(-1) ?? ''), '');
    await journal.record(entry('web:web_01'));
    rmSync(dir.path);
    mkdirSync(dir.path);
    dir.write('journal.json', kept);

    await journal.load();

    expect(journal.content.entries.map(({ process }) => process)).toEqual(['web:web_00', 'web:web_01']);
    expect((await journal.peek()).entries).toHaveLength(2);
  });

  test('says so once for each time that the disk fails', async () => {
    const log = recordingLog();
    const journal = new Journal(unwritable(), log);

    await Promise.all([journal.record(entry('web:web_00')), journal.record(entry('web:web_01'))]);
    await journal.record(entry('web:web_02'));

    expect(log.messages('warn')).toHaveLength(1);
  });
});
