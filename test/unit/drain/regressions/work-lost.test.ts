import { describe, expect, test } from 'vitest';
import { ScriptedProbe } from '../../../support/doubles/scripted-probe.ts';
import { runTo, ScriptedWorld } from '../../../support/doubles/scripted-world.ts';

describe('a process that ends by itself while it drains', () => {
  test.each(['stop', 'restart', 'shutdown'] as const)(
    'with work in flight is reported by a %s as cut off, how much is unknown',
    async (action) => {
      const world = new ScriptedWorld({ processes: ['web:web_00'] });
      const server = world.pool.server('app/web_00');
      server.inFlight = 2;
      world.pool.scripts.state = () => {
        if (world.pool.looks.length !== 4) return;
        // The load balancer's count falls to 0 with the connections.
        server.inFlight = 0;
        world.supervisor.become('web:web_00', 'EXITED');
      };

      const result = await runTo(world.engine(), action, action === 'shutdown' ? [] : ['all']);

      expect(result).toMatchObject({ outcome: 'cut', cut: -1 });
      expect(result.message).not.toContain('nothing was cut off');
      expect(result.processes[0]?.message).toContain('ended by itself with an unknown amount of work unfinished');
    },
  );

  test('without any work has lost nothing', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.scripts.depool = () => world.supervisor.become('web:web_00', 'EXITED');

    expect(await runTo(world.engine(), 'stop', ['all'])).toMatchObject({ outcome: 'done', cut: 0 });
  });

  test('with work that its probe saw, which then fails, is reported as cut off', async () => {
    const probe = new ScriptedProbe(3);
    const world = new ScriptedWorld({ processes: ['web:web_00'], probe });
    let measured = 0;
    probe.script = () => {
      measured += 1;
      if (measured !== 3) return;
      probe.inFlight = undefined;
      world.supervisor.become('web:web_00', 'FATAL');
    };

    expect(await runTo(world.engine(), 'stop', ['all'])).toMatchObject({ outcome: 'cut', cut: -1 });
  });
});

describe('a drain with a reason and a time that misses its deadline', () => {
  test('keeps both', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.server('app/web_00').inFlight = 1;
    const options = { reason: 'heap dump', holdForMs: 60_000, deadlineMs: 50 };

    expect(await runTo(world.engine(), 'drain', ['all'], options)).toMatchObject({ outcome: 'held' });

    const [hold] = (await world.journal()).holds;
    expect(hold?.reason).toContain('heap dump');
    expect(Date.parse(hold?.until ?? '') - Date.parse(hold?.since ?? '')).toBe(60_000);
  });

  test('is put back by itself when the time has passed', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    world.pool.server('app/web_00').inFlight = 1;
    const engine = world.engine();
    await runTo(engine, 'drain', ['all'], { holdForMs: 1, deadlineMs: 50 });

    await engine.recover();
    await engine.idle();

    expect(world.pool.namesOf('in')).toEqual(['app/web_00']);
    expect(await world.journal()).toEqual({ entries: [], holds: [] });
  });
});
