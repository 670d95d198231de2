import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { barrier } from '../../../support/doubles/script.ts';
import { runTo, ScriptedWorld } from '../../../support/doubles/scripted-world.ts';
import { waitFor } from '../../../support/wait-for.ts';

const soon = () => AbortSignal.timeout(8_000);
const thirty = Array.from({ length: 30 }, (_, index) => `web:web_${String(index).padStart(2, '0')}`);

/** A warning of Node, such as MaxListenersExceededWarning, fails any test; see the set-up file. */
describe('thirty processes', () => {
  function busyWorld(): ScriptedWorld {
    const world = new ScriptedWorld({ processes: thirty, addresses: ['pool-a', 'pool-b'] });
    for (const pool of world.pools) for (const server of pool.servers.values()) server.inFlight = 1;
    return world;
  }

  async function draining(world: ScriptedWorld): Promise<void> {
    const looks = world.pool.looks.length;
    await waitFor(() => world.pool.looks.length > looks + 10, { what: 'all to drain' });
  }

  test('are shut down without a warning', async () => {
    const world = busyWorld();
    const engine = world.engine();
    const run = engine.begin('shutdown', [], {});
    const watchers = Array.from({ length: 12 }, () => engine.wait(run.id, 1_000_000, 5_000));
    await draining(world);
    for (const pool of world.pools) for (const server of pool.servers.values()) server.inFlight = 0;

    expect(await run.ended(soon())).toMatchObject({ outcome: 'done', cut: 0 });
    expect(world.calls.filter((call) => call.startsWith('stop'))).toHaveLength(30);
    await Promise.all(watchers);
  });

  test('are cancelled, and put back, without a warning', async () => {
    const world = busyWorld();
    const run = world.engine().begin('stop', ['all'], {});
    await draining(world);

    run.end('cancelled');

    expect(await run.ended(soon())).toMatchObject({ outcome: 'cancelled' });
    expect(world.pools.map((pool) => pool.namesOf('in').length)).toEqual([30, 30]);
  });

  test('are restarted all at once without a warning', async () => {
    const world = new ScriptedWorld({ processes: thirty, program: { maxUnavailable: 30 } });

    expect(await runTo(world.engine(), 'restart', ['all'])).toMatchObject({ outcome: 'done' });
    expect(world.pool.namesOf('in')).toHaveLength(30);
  });
});

describe('the engine remembers', () => {
  test('an ended run until fifty more have ended', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.supervisor.become('web:web_00', 'STOPPED');
    const engine = world.engine();
    const ids: string[] = [];
    for (let count = 0; count < 52; count += 1) ids.push((await runTo(engine, 'stop', ['all'])).id);
    const [first = '', second = '', third = ''] = ids;

    // Forgotten when the next one begins.
    await runTo(engine, 'stop', ['all']);

    await expect(engine.wait(first, 0, 10)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await expect(engine.wait(second, 0, 10)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    expect(await engine.wait(third, 0, 10)).toMatchObject({ ended: true });
  });

  test('a run that is under way, however many are asked for meanwhile', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const stopping = barrier();
    world.supervisor.scripts.stopProcess = stopping.script;
    const engine = world.engine();
    const running = engine.begin('stop', ['all'], {});
    await stopping.reached;

    const later = Array.from({ length: 60 }, () => engine.begin('stop', ['all'], {}));
    for (const run of later) run.end('cancelled');
    await delay(0);

    expect(await engine.wait(running.id, 0, 10)).toMatchObject({ ended: false });
    expect(await engine.cancel('')).toBe(true);
    stopping.open();
    expect(await running.ended(soon())).toMatchObject({ id: running.id });
  });
});
