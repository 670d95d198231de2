import { describe, expect, test } from 'vitest';
import { Journal } from '../../../../src/drain/journal.ts';
import { DrainctlError } from '../../../../src/errors.ts';
import { silentLog } from '../../../../src/log.ts';
import { runTo, ScriptedWorld } from '../../../support/doubles/scripted-world.ts';
import { entry } from '../journal-entries.ts';

describe('a supervisord that does not answer once', () => {
  test.each(['restart', 'start'] as const)(
    'while a %s waits until the process is ready is asked again',
    async (action) => {
      const world = new ScriptedWorld({ processes: ['web:web_00'] });
      if (action === 'start') world.supervisor.become('web:web_00', 'STOPPED');
      let failures = 0;
      world.supervisor.scripts.getProcessInfo = () => {
        if (failures > 0 || !world.calls.includes('start web:web_00')) return;
        failures += 1;
        throw new DrainctlError('SUPERVISOR_UNREACHABLE', 'the scripted supervisord reset the connection');
      };

      expect(await runTo(world.engine(), action, ['all'])).toMatchObject({ outcome: 'done' });

      expect(failures).toBe(1);
      expect(world.pool.namesOf('in')).toEqual(['app/web_00']);
    },
  );
});

describe('a recovery that can not succeed', () => {
  test('is not tried at every tick, and fills neither the history nor the log', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00'] });
    const gone = entry('web:web_00', { address: '/run/haproxy/gone.sock' });
    await new Journal(world.config.stateDir, silentLog).record(gone);
    const engine = world.engine();

    for (let tick = 0; tick < 10; tick += 1) {
      await engine.recover();
      await engine.idle();
    }

    expect(world.log.messages('warn').filter((message) => message.startsWith('recover failed'))).toHaveLength(1);
    expect(await engine.getHistory(100)).toEqual([]);
    expect((await world.journal()).entries).toEqual([gone]);
  });

  test('does not keep another process from going back', async () => {
    const world = new ScriptedWorld({ processes: ['web:web_00', 'web:web_01'] });
    const journal = new Journal(world.config.stateDir, silentLog);
    await journal.record(entry('web:web_00', { address: '/run/haproxy/gone.sock' }));
    const engine = world.engine();
    await engine.recover();
    await engine.idle();
    world.pool.server('app/web_01').placement = 'out';
    await journal.record(entry('web:web_01'));

    await engine.recover();
    await engine.idle();

    expect(world.pool.namesOf('in')).toEqual(['app/web_00', 'app/web_01']);
    expect((await world.journal()).entries.map(({ process }) => process)).toEqual(['web:web_00']);
  });
});
