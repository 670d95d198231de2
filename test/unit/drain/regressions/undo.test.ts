import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { barrier } from '../../../support/doubles/script.ts';
import { runTo, ScriptedWorld } from '../../../support/doubles/scripted-world.ts';
import { waitFor } from '../../../support/wait-for.ts';

const soon = () => AbortSignal.timeout(8_000);

describe('a restart that is cancelled with two addresses', () => {
  test.each([
    ['answers where the member stands', 'state'],
    ['takes it out as well', 'depool'],
  ] as const)('while the first %s and the second takes it out leaves nothing out', async (_, call) => {
    const world = new ScriptedWorld({ processes: ['web:web_00'], addresses: ['pool-a', 'pool-b'] });
    const [first, second] = [barrier(), barrier()];
    Object.assign(world.pools[0]?.scripts ?? {}, { [call]: first.script });
    Object.assign(world.pools[1]?.scripts ?? {}, { depool: second.script });
    const run = world.engine().begin('restart', ['all'], {});
    await Promise.all([first.reached, second.reached]);

    run.end('cancelled');
    // An undo that did not wait would be over before the second has taken it out.
    first.open();
    await delay(50);
    second.open();

    expect(await run.ended(soon())).toMatchObject({ outcome: 'cancelled' });
    // What was left on its way would arrive now.
    await delay(20);
    expect(world.pools.map((pool) => pool.namesOf('in'))).toEqual([['app/web_00'], ['app/web_00']]);
    expect(await world.journal()).toEqual({ entries: [], holds: [] });
  });
});

describe('a restart that is cancelled while it drains', () => {
  /** A restart of two side by side that drain; `before` is done to the world first. */
  async function drainingRestart(world: ScriptedWorld) {
    for (const server of world.pool.servers.values()) server.inFlight = 1;
    const engine = world.engine();
    const looks = world.pool.looks.length;
    const run = engine.begin('restart', ['all'], {});
    await waitFor(() => world.pool.looks.length > looks + 3, { what: 'the restart to drain' });
    return run;
  }

  test('leaves out, and on hold, what was on hold before, and puts back the other', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'web:web_01'], program: { maxUnavailable: 2 } });
    await runTo(world.engine(), 'drain', ['web:web_00'], { reason: 'heap dump' });
    const run = await drainingRestart(world);

    run.end('cancelled');

    expect(await run.ended(soon())).toMatchObject({ outcome: 'cancelled' });
    expect(world.pool.namesOf('out')).toEqual(['app/web_00']);
    expect(await world.journal()).toMatchObject({
      entries: [{ process: 'web:web_00' }],
      holds: [{ process: 'web:web_00', reason: 'heap dump' }],
    });
  });

  test.each([1, undefined])(
    'does not put back one that was started anew and is not ready yet (in flight: %s)',
    async (inFlight) => {
      const ready = { http: undefined, exec: ['/bin/false'], deadlineMs: 60_000 };
      const world = new ScriptedWorld({ processes: ['web:web_00'], program: { ready } });
      const run = await drainingRestart(world);
      world.pool.server('app/web_00').inFlight = inFlight;
      const looks = world.pool.looks.length;
      const info = world.supervisor.processes.get('web:web_00');
      if (info !== undefined) world.supervisor.processes.set('web:web_00', { ...info, pid: info.pid + 1 });
      await waitFor(() => world.pool.looks.length > looks + 3, { what: 'the restart to look again' });

      run.end('cancelled');

      expect((await run.ended(soon())).message).toContain('web:web_00 stays out of its pools');
      expect(world.pool.namesOf('out')).toEqual(['app/web_00']);
    },
  );

  test.each(['FATAL', 'EXITED', 'BACKOFF'] as const)('does not put back one that is %s by now', async (state) => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const run = await drainingRestart(world);
    world.supervisor.become('web:web_00', state);

    run.end('cancelled');

    const { message } = await run.ended(soon());
    expect(message).toContain(`web:web_00 is ${state}; it goes back when it runs and is ready.`);
    expect(world.pool.namesOf('out')).toEqual(['app/web_00']);
    expect((await world.journal()).entries).toHaveLength(1);
  });
});
