import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { delimiter } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tryLock } from '../../../../src/drain/lock.ts';
import { onCleanUp } from '../../../support/cleanup.ts';
import { runTo, ScriptedWorld } from '../../../support/doubles/scripted-world.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { waitFor } from '../../../support/wait-for.ts';

const soon = () => AbortSignal.timeout(8_000);

describe('the gate', () => {
  test('drains again what became busy while another group drained', async () => {
    const world = new ScriptedWorld({ processes: ['a:web_00', 'b:web_01'] });
    const [first, second] = [world.pool.server('app/web_00'), world.pool.server('app/web_01')];
    const engine = world.engine();
    await engine.world.refresh();
    second.inFlight = 1;
    const run = engine.begin('gate', [], {});
    await waitFor(() => run.progress().some(({ name, phase }) => name === 'b:web_01' && phase === 'drain'), {
      what: 'the second group to drain',
    });

    first.inFlight = 2;
    second.inFlight = 0;
    await waitFor(() => run.progress().some(({ name, outcome }) => name === 'a:web_00' && outcome === ''), {
      what: 'the first group to be drained again',
    });
    first.inFlight = 0;

    expect(await run.ended(soon())).toMatchObject({ outcome: 'done', cut: 0 });
  });

  test('begins although the disk does not answer while a recovery looks at the journal', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const engine = world.engine();
    await engine.world.refresh();
    // A FIFO that nobody writes to: whoever reads it waits.
    execFileSync('mkfifo', [`${world.config.stateDir}/journal.json`]);
    void engine.recover();

    const result = await engine.begin('gate', [], {}).ended(AbortSignal.timeout(20_000));

    expect(result.action).toBe('gate');
    expect(result.outcome).not.toBe('failed');
  }, 25_000);
});

describe('a process that is started anew while it drains', () => {
  test('is drained like any other before it is stopped', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const server = world.pool.server('app/web_00');
    server.inFlight = 1;
    const engine = world.engine();
    const run = engine.begin('stop', ['all'], {});
    await waitFor(() => run.progress()[0]?.in_flight === 1, { what: 'its work to be seen' });
    replace(world, 'web:web_00');
    server.inFlight = 0;
    let busyWhenStopped: number | undefined;
    world.supervisor.scripts.stopProcess = () => {
      busyWhenStopped = server.inFlight;
    };
    await waitFor(async () => (await run.wait(0, 0)).steps.some(({ message }) => message.includes('started anew')), {
      what: 'the other process to be noticed',
    });

    expect(await run.ended(soon())).toMatchObject({ outcome: 'cut', cut: -1 });
    expect(busyWhenStopped).toBe(0);
  });

  test('before its turn, has not ended while draining', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'web:web_01'] });
    const first = world.pool.server('app/web_00');
    first.inFlight = 1;
    const run = world.engine().begin('restart', ['all'], {});
    await waitFor(() => run.progress()[0]?.in_flight === 1, { what: 'the first to drain' });
    replace(world, 'web:web_01');
    // A plan is taken to be true for a second.
    await waitFor(() => (run.progress()[0]?.elapsed_ms ?? 0) > 1_100, { what: 'the plan to be old' });
    first.inFlight = 0;

    expect(await run.ended(soon())).toMatchObject({ outcome: 'done', cut: 0 });
  });
});

test('a shutdown that was cancelled is not joined by the next one', async () => {
  const world = new ScriptedWorld({ processes: ['web:web_00'] });
  const server = world.pool.server('app/web_00');
  server.inFlight = 1;
  const engine = world.engine();
  const first = await engine.start('shutdown', [], {});
  await waitFor(() => engine.run(first).progress()[0]?.phase === 'drain', { what: 'the first to drain' });
  await engine.cancel(first);

  const second = await engine.start('shutdown', [], {});
  server.inFlight = 0;

  expect(second).not.toBe(first);
  expect(await engine.run(second).ended(soon())).toMatchObject({ outcome: 'done', ends_supervisord: true });
});

test('a process that supervisord no longer has counts as stopped', async () => {
  const world = new ScriptedWorld({ processes: ['web:web_00'] });
  world.pool.scripts.depool = () => {
    world.supervisor.processes.delete('web:web_00');
  };

  expect(await runTo(world.engine(), 'shutdown')).toMatchObject({ outcome: 'done' });
});

test('a lock that comes too late is freed again', async () => {
  const dir = temporaryDirectory();
  chmodSync(dir.write('flock', '#!/bin/sh\nsleep 6\nexec /usr/bin/flock "$@"\n'), 0o755);
  const path = process.env['PATH'];
  process.env['PATH'] = `${dir.path}${delimiter}${path}`;
  onCleanUp(() => {
    process.env['PATH'] = path;
  });
  await expect(tryLock(dir.file('state'), 'restart', () => {})).rejects.toThrow('no answer');
  process.env['PATH'] = path;

  await waitFor(
    async () => {
      const lock = await tryLock(dir.file('state'), 'restart', () => {});
      await lock?.release();
      return lock !== undefined;
    },
    { what: 'the lock to be free', timeoutMs: 10_000 },
  );
}, 25_000);

/** It has ended, and supervisord has started it anew. */
function replace(world: ScriptedWorld, name: string): void {
  const info = world.supervisor.processes.get(name);
  if (info !== undefined) world.supervisor.processes.set(name, { ...info, pid: info.pid + 1 });
}
