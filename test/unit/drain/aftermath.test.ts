import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isToBeFinished } from '../../../src/drain/aftermath.ts';
import { History } from '../../../src/drain/history.ts';
import { interruptedRun } from '../../../src/drain/interrupted.ts';
import { emptyJournal } from '../../../src/drain/journal-file.ts';
import { type RunRecord, stampOf } from '../../../src/drain/run-files.ts';
import { runDocument } from '../../support/doubles/documents.ts';
import { runTo, ScriptedWorld } from '../../support/doubles/scripted-world.ts';
import { entry } from './journal-entries.ts';

const at = '2026-01-02T03:04:06.000Z';

/** A restart whose drainctl has died: pid 1 was started at another time. */
function record(given: Partial<RunRecord> = {}): RunRecord {
  return {
    version: 1,
    id: 'run-dead',
    action: 'restart',
    names: ['web:*'],
    options: {},
    startedAt: '2026-01-02T03:04:05.000Z',
    at,
    drainctl: { pid: 1, startTime: 'never' },
    parent: stampOf(process.ppid),
    isFollowed: false,
    processes: [{ name: 'web:web_00', phase: 'drain', outcome: '' }],
    ...given,
  };
}

function leave(world: ScriptedWorld, left: RunRecord): void {
  const dir = join(world.config.stateDir, 'runs');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, `${left.id}.json`), JSON.stringify(left));
}

describe('a run whose drainctl was killed', () => {
  test('is in the history after the next look', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    leave(world, record());
    const engine = world.engine();

    await engine.recover();

    expect(await engine.getHistory(5)).toEqual([
      expect.objectContaining({ id: 'run-dead', outcome: 'failed', error_code: 'RUN_INTERRUPTED', ended_at: at }),
    ]);
    expect(world.log.messages('warn')).toEqual([expect.stringContaining('restart web:* was interrupted')]);
  });

  test('is in the history after the next run, before that', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    leave(world, record());
    const engine = world.engine(false);

    await runTo(engine, 'restart', ['all']);

    const history = await engine.getHistory(5);
    expect(history.map(({ error_code }) => error_code)).toEqual(['', 'RUN_INTERRUPTED']);
  });

  test('is there once', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    leave(world, record());
    const engine = world.engine();

    await engine.recover();
    await engine.recover();
    await world.engine().recover();

    expect(await engine.getHistory(5)).toHaveLength(1);
  });

  test('is left alone while its drainctl lives', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    leave(world, record({ drainctl: stampOf(process.pid) }));
    const engine = world.engine();

    await engine.recover();

    expect(await engine.getHistory(5)).toEqual([]);
  });

  test.each(['', '{"version":1', 'null', '{"version":2}'])('with a record of %j is passed over', async (text) => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    leave(world, record());
    writeFileSync(join(world.config.stateDir, 'runs/run-dead.json'), text);
    const engine = world.engine();

    await engine.recover();

    expect(await engine.getHistory(5)).toEqual([]);
  });

  test('with a record that is not whole does not fail the next run', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    leave(world, record());
    writeFileSync(join(world.config.stateDir, 'runs/run-dead.json'), '{"version":1,"id":"run-dead"}');

    expect(await runTo(world.engine(), 'restart', ['all'])).toMatchObject({ outcome: 'done' });
  });
});

describe('what is told of it', () => {
  test('is how far each process had got, and what the journal has of it', () => {
    const processes = [
      { name: 'web:web_00', phase: 'drain', outcome: '' },
      { name: 'web:web_01', phase: 'stop', outcome: '' },
      { name: 'web:web_02', phase: '', outcome: '' },
      { name: 'web:web_03', phase: 'repool', outcome: 'done' },
    ] as const;

    const result = interruptedRun(record({ processes }), { ...emptyJournal, entries: [entry('web:web_00')] });

    expect(result.processes.map(({ outcome, cut, message }) => [outcome, cut, message])).toEqual([
      ['failed', 0, 'web:web_00 was draining; it was out of its pools then, by the journal.'],
      ['failed', -1, 'web:web_01 was stopping; drainctl had nothing of it out then, by the journal.'],
      ['untouched', 0, ''],
      ['done', 0, ''],
    ]);
    expect(result.cut).toBe(-1);
  });
});

describe('a shutdown whose sidecar was killed', () => {
  const nowMs = Date.parse(at) + 5_000;
  const shutdown = record({ action: 'shutdown', names: [] });

  test.each<[string, RunRecord, boolean]>([
    ['is to be finished', shutdown, true],
    ['is not where somebody waits for it, and goes on', { ...shutdown, isFollowed: true }, false],
    [
      'is not where supervisord is another one by now',
      { ...shutdown, parent: { pid: process.ppid, startTime: '1' } },
      false,
    ],
    ['is not after a minute', { ...shutdown, at: '2026-01-02T03:00:00.000Z' }, false],
    ['is not where it was none', record(), false],
  ])('%s', (_, left, expected) => {
    expect(isToBeFinished(left, nowMs)).toBe(expected);
  });

  test('is finished by the next one', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    leave(world, { ...shutdown, at: new Date().toISOString() });
    const engine = world.engine();

    await engine.recover();
    await engine.idle();

    expect(world.calls).toEqual(['depool app/web_00 at pool-a', 'stop web:web_00', 'shutdown']);
  });

  test('is finished also where another run begins before the next one has looked', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    leave(world, { ...shutdown, at: new Date().toISOString() });
    const engine = world.engine();

    await runTo(engine, 'start', ['web:web_00']);
    await engine.recover();
    await engine.idle();

    expect(world.calls).toContain('shutdown');
  });

  test('is finished also where another run begins while the next one looks', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    leave(world, { ...shutdown, at: new Date().toISOString() });
    const engine = world.engine();

    const look = engine.recover();
    await runTo(engine, 'start', ['web:web_00']);
    await look;
    await engine.recover();
    await engine.idle();

    expect(world.calls).toContain('shutdown');
  });

  test('is not lost where that happens right before supervisord is told', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    let left: readonly string[] = [];
    world.supervisor.scripts.shutdown = () => {
      left = readdirSync(join(world.config.stateDir, 'runs'));
    };

    const { id } = await runTo(world.engine(), 'shutdown');

    expect(left).toEqual([`${id}.json`]);
  });
});

describe('a run whose drainctl was killed when the history had it already', () => {
  test('stays in the history as it ended', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    leave(world, record());
    const engine = world.engine();
    await new History(world.config.stateDir, world.log).append(runDocument({ id: 'run-dead' }));

    await engine.recover();

    expect((await engine.getHistory(5)).map(({ error_code }) => error_code)).toEqual(['']);
    expect(world.log.messages('warn')).toEqual([]);
  });
});

describe('a damaged journal', () => {
  /** A world whose journal is torn, with web_00 out. */
  function damagedWorld(): ScriptedWorld {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'web:web_01'] });
    world.pool.server('app/web_00').placement = 'out';
    writeFileSync(join(world.config.stateDir, 'journal.json'), '{"version":1,"ent');
    return world;
  }

  test('is set aside by the next look, which reads the pools and names what is out, once', async () => {
    const world = damagedWorld();
    const engine = world.engine();

    await engine.recover();
    await engine.recover();

    const told = world.log.messages('warn').filter((message) => message.includes('Out without an entry'));
    expect(told).toEqual([expect.stringMatching(/journal\.json\.damaged-.*web:web_00 \(app\/web_00 at pool-a is OUT/)]);
    expect(told.join()).not.toContain('web_01');
    expect(world.pool.server('app/web_00').placement).toBe('out');
  });

  test('that was set aside is in the warnings of status, for as long as something is out and it is there', async () => {
    const world = damagedWorld();
    const engine = world.engine();
    await engine.recover();

    const { warnings } = await engine.getStatus();
    world.pool.server('app/web_00').placement = 'in';
    const later = await engine.getStatus();

    expect(warnings).toEqual([expect.stringMatching(/set aside .* web:web_00\. .*"drainctl pool NAME --force"/)]);
    expect(later.warnings).toEqual([]);
  });
});

describe('pool', () => {
  test('without --force leaves alone what is out without an entry, and says how to put it back', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.server('app/web_00').placement = 'out';

    const { outcome, message } = await runTo(world.engine(), 'pool', ['web:web_00']);

    expect(outcome).toBe('done');
    expect(message).toContain('web:web_00 is out still: app/web_00 at pool-a is OUT, not by drainctl.');
    expect(world.pool.server('app/web_00').placement).toBe('out');
    expect(world.log.messages('warn')).toEqual([expect.stringContaining('"drainctl pool web:web_00 --force"')]);
  });

  test('does not say that it is back where somebody else keeps it out', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    await runTo(engine, 'drain', ['web:web_00']);
    world.pool.scripts.state = async () => {
      world.pool.server('app/web_00').placement = 'out';
    };

    const { message } = await runTo(engine, 'pool', ['web:web_00']);

    expect(message).toContain('web:web_00 is out still: app/web_00 at pool-a is OUT, set by somebody else.');
    expect(world.log.messages('warn')).toContainEqual(
      expect.stringContaining(
        'is no longer kept out by drainctl, but app/web_00 at pool-a is OUT, set by somebody else',
      ),
    );
    expect(world.log.messages('info').join()).not.toContain('repooled: back in');
  });

  test('with --force puts it back', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.server('app/web_00').placement = 'out';

    const { outcome } = await runTo(world.engine(), 'pool', ['web:web_00'], { force: true });

    expect(outcome).toBe('done');
    expect(world.pool.server('app/web_00').placement).toBe('in');
  });

  test('with --force fails where it is out all the same', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.server('app/web_00').placement = 'out';
    world.pool.scripts.state = () => {
      world.pool.server('app/web_00').placement = 'out';
    };

    const result = await runTo(world.engine(), 'pool', ['web:web_00'], { force: true });

    expect(result).toMatchObject({ outcome: 'failed', error_code: 'POOL_REFUSED' });
    expect(result.message).toContain('it was left as it is');
  });
});
