import { describe, expect, test } from 'vitest';
import { Journal } from '../../../src/drain/journal.ts';
import { silentLog } from '../../../src/log.ts';
import { runTo, ScriptedWorld } from '../../support/doubles/scripted-world.ts';
import { entry, hold } from './journal-entries.ts';

/** A world with web_01, whose journal has web_00 out, of which supervisord knows nothing any more. */
async function worldWithGone(processes: readonly string[] = ['web:web_01']): Promise<ScriptedWorld> {
  const world = new ScriptedWorld({ processes });
  world.pool.servers.set('app/web_00', { placement: 'out', inFlight: 0 });
  await new Journal(world.config.stateDir, silentLog).record(entry('web:web_00'));
  return world;
}

describe('a process that supervisord no longer has', () => {
  test('is shown, with what puts it back', async () => {
    const world = await worldWithGone();

    const { processes } = await world.engine().getStatus();

    expect(processes.find(({ name }) => name === 'web:web_00')).toMatchObject({
      state: 'GONE',
      pool: 'out',
      why: expect.stringContaining('"drainctl pool web:web_00" puts it back, with --forget'),
    });
  });

  test('is shown although the configuration no longer has its pool', async () => {
    const world = await worldWithGone();
    const journal = new Journal(world.config.stateDir, silentLog);
    await journal.load();
    await journal.record(entry('old:old', { address: 'pool-gone' }));

    const { processes } = await world.engine().getStatus();

    expect(processes.find(({ name }) => name === 'old:old')?.members).toEqual([
      expect.objectContaining({ address: 'pool-gone', placement: 'unknown', ours: true }),
    ]);
  });

  test('that was on hold says what for', async () => {
    const world = await worldWithGone();
    const journal = new Journal(world.config.stateDir, silentLog);
    await journal.load();
    await journal.hold(hold('web:web_00', { reason: 'broken disk' }));

    const { processes } = await world.engine().getStatus();

    expect(processes.find(({ state }) => state === 'GONE')?.why).toContain('(on hold: broken disk)');
  });

  test('goes back and is forgotten when a person says so', async () => {
    const world = await worldWithGone();

    const { outcome } = await runTo(world.engine(), 'pool', ['web:web_00']);

    expect(outcome).toBe('done');
    expect(world.pool.server('app/web_00').placement).toBe('in');
    expect((await world.journal()).entries).toEqual([]);
  });

  test('is left out and forgotten with --forget', async () => {
    const world = await worldWithGone();

    const { outcome } = await runTo(world.engine(), 'pool', ['web:web_00'], { forget: true });

    expect(outcome).toBe('done');
    expect(world.pool.server('app/web_00').placement).toBe('out');
    expect((await world.journal()).entries).toEqual([]);
  });

  test('only is forgotten: with --forget one that supervisord has stays as it is', async () => {
    const world = await worldWithGone();
    const engine = world.engine();
    await runTo(engine, 'drain', ['web:web_01']);

    const result = await runTo(engine, 'pool', ['web:*'], { forget: true });

    expect(result).toMatchObject({ outcome: 'failed', error_code: 'USAGE' });
    expect(world.pool.server('app/web_01').placement).toBe('out');
    expect((await world.journal()).holds).toMatchObject([{ process: 'web:web_01' }]);
  });

  test('is not among all', async () => {
    const world = await worldWithGone();

    await runTo(world.engine(), 'pool', ['all']);

    expect((await world.journal()).entries).toHaveLength(1);
  });

  test('can be named to nothing but pool', async () => {
    const world = await worldWithGone();

    await expect(world.engine().start('restart', ['web:web_00'], {})).rejects.toMatchObject({
      code: 'NO_SUCH_PROCESS',
    });
  });

  test('stays out, and the recovery says once that it is there', async () => {
    const world = await worldWithGone();
    const engine = world.engine();

    await engine.recover();
    await engine.recover();

    const told = world.log
      .messages('warn')
      .filter((message) => message.includes('supervisord no longer has web:web_00'));
    expect(told).toHaveLength(1);
    expect(world.calls).toEqual([]);
  });

  test('and is only on hold is let go by a person', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_01'] });
    await new Journal(world.config.stateDir, silentLog).hold(hold('web:web_00'));

    await runTo(world.engine(), 'pool', ['web:web_00']);

    expect((await world.journal()).holds).toEqual([]);
  });
});

describe('a process that was renamed', () => {
  test('goes back under its new name', async () => {
    const world = await worldWithGone(['app:web_00']);
    world.pool.server('app/web_00').placement = 'out';
    const engine = world.engine();

    await engine.recover();
    await engine.idle();

    expect(world.pool.server('app/web_00').placement).toBe('in');
    expect((await world.journal()).entries).toEqual([]);
  });

  test('and was on hold stays on hold under its new name', async () => {
    const world = await worldWithGone(['app:web_00']);
    world.pool.server('app/web_00').placement = 'out';
    const journal = new Journal(world.config.stateDir, silentLog);
    await journal.load();
    await journal.hold(hold('web:web_00'));
    const engine = world.engine();

    await engine.recover();
    await engine.idle();

    expect(world.pool.server('app/web_00').placement).toBe('out');
    expect((await world.journal()).holds).toEqual([hold('app:web_00')]);
  });

  test('is not put back under its old name by force while it is on hold under its new one', async () => {
    const world = await worldWithGone(['app:web_00']);
    world.pool.server('app/web_00').placement = 'in';
    const journal = new Journal(world.config.stateDir, silentLog);
    await journal.load();
    await journal.clear(entry('web:web_00'));
    await journal.hold(hold('web:web_00'));
    const engine = world.engine();
    await runTo(engine, 'drain', ['app:web_00']);

    await runTo(engine, 'pool', ['web:web_00'], { force: true });

    expect(world.pool.server('app/web_00').placement).toBe('out');
  });

  test('and taken out again knows the state from before it was taken out under its old name', async () => {
    const world = await worldWithGone(['app:web_00']);
    world.pool.server('app/web_00').placement = 'out';

    await runTo(world.engine(), 'restart', ['app:web_00']);

    expect(world.pool.server('app/web_00').placement).toBe('in');
  });
});
