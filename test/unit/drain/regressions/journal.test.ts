import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { Journal } from '../../../../src/drain/journal.ts';
import { silentLog } from '../../../../src/log.ts';
import { recordingLog } from '../../../support/doubles/recording-log.ts';
import { runTo, ScriptedWorld } from '../../../support/doubles/scripted-world.ts';
import { mayMount, ownDisk } from '../../../support/mounts.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { entry } from '../journal-entries.ts';

const noDescriptors = fileURLToPath(new URL('../../../fixtures/journal/no-descriptors.mjs', import.meta.url));

/** A folder on a disk of its own, without a byte to spare, until the test ends. */
function fullDisk(): string {
  const path = ownDisk();
  writeFileSync(`${path}/ballast`, Buffer.alloc(65_536));
  return path;
}

describe('a journal that can not be read at the moment', () => {
  test('for want of file descriptors is not set aside, and is known again when there are some', async () => {
    const dir = temporaryDirectory();
    await new Journal(dir.path, silentLog).record(entry('web:web_00'));
    const before = readFileSync(dir.file('journal.json'), 'utf8');

    const command = `ulimit -n 128 && exec "${process.execPath}" --import tsx "${noDescriptors}" "${dir.path}"`;
    const { stdout } = await execa('sh', ['-c', command], { timeout: 25_000 });

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

  test('does not make what is on the disk count for more than what is known', async () => {
    const dir = temporaryDirectory();
    const stateDir = dir.file('state');
    const journal = new Journal(stateDir, silentLog);
    await journal.record(entry('web:web_00'));
    renameSync(stateDir, dir.file('aside'));
    dir.write('state', '');
    await journal.record(entry('web:web_01'));
    rmSync(stateDir);
    renameSync(dir.file('aside'), stateDir);

    await journal.load();

    expect(journal.content.entries.map(({ process }) => process)).toEqual(['web:web_00', 'web:web_01']);
    expect((await journal.peek()).entries).toHaveLength(2);
  });

  // Where no file system can be mounted, such as in a container without the right to, the tests above must do.
  test.runIf(mayMount())('for want of space does not keep pool from putting back what a drain took out', async () => {
    const stateDir = fullDisk();
    const world = new ScriptedWorld({ processes: ['web:web_00'], stateDir });
    const engine = world.engine();

    expect(await runTo(engine, 'drain', ['all'])).toMatchObject({ outcome: 'done' });
    expect(world.pool.namesOf('out')).toEqual(['app/web_00']);
    expect(await runTo(engine, 'pool', ['all'])).toMatchObject({ outcome: 'done' });

    expect(world.pool.namesOf('in')).toEqual(['app/web_00']);
    expect(world.log.messages('warn').join()).toContain('ENOSPC');
    expect(readdirSync(stateDir).filter((name) => name.includes('journal'))).toEqual([]);
  });

  test('says so once for each time that the disk fails', async () => {
    const log = recordingLog();
    const journal = new Journal(unwritable(), log);

    await Promise.all([journal.record(entry('web:web_00')), journal.record(entry('web:web_01'))]);
    await journal.record(entry('web:web_02'));

    expect(log.messages('warn')).toHaveLength(1);
  });
});
