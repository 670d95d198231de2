import { describe, expect, test } from 'vitest';
import { isOurselves, isSidecar } from '../../../../src/drain/self.ts';
import { DrainctlError } from '../../../../src/errors.ts';
import { processConfig, processInfo } from '../../../support/doubles/processes.ts';
import { runTo, ScriptedWorld } from '../../../support/doubles/scripted-world.ts';

describe('a program whose command', () => {
  test.each([
    'node /srv/app/main.js listen --port 80',
    '/usr/bin/node /opt/drainctl-demo/main.js listen',
    '/usr/bin/listen drainctl',
    'sh -c "exec /srv/app/main.js listen"',
    'listen',
  ])('is %s is an ordinary one', (command) => {
    const config = processConfig('app:app', { command });

    expect([isSidecar(config), isOurselves(processInfo('app:app'), config, {})]).toEqual([false, false]);
  });

  test.each([
    'drainctl listen',
    '/usr/local/bin/drainctl listen --config /etc/drainctl.yaml',
    'nice -n 5 drainctl listen',
  ])('is %s is the sidecar', (command) => {
    expect(isSidecar(processConfig('drain:drain', { command }))).toBe(true);
  });

  test('listens to a port is shown, drained and stopped as any other', async () => {
    const world = new ScriptedWorld({ processes: ['app:app'] });
    const command = '/usr/bin/node /srv/app/main.js listen --port 80';
    world.supervisor.configs.set('app:app', processConfig('app:app', { command }));
    const engine = world.engine();

    const { processes } = await engine.getStatus();
    await runTo(engine, 'stop', ['all']);

    expect(processes.map(({ name }) => name)).toEqual(['app:app']);
    expect(world.calls).toEqual(['depool app/app at pool-a', 'stop app:app']);
  });
});

describe('a supervisord that can not tell its configuration', () => {
  /** As 4.2.5 does where a number in it is over 2^31: it answers with status 500. */
  function muteWorld(processes: readonly string[]): ScriptedWorld {
    const world = new ScriptedWorld({ processes });
    world.supervisor.scripts.getAllConfigInfo = () => {
      throw new DrainctlError('RPC_PROTOCOL', 'supervisord answered with HTTP status 500');
    };
    return world;
  }

  test.each(['stop', 'restart', 'shutdown'] as const)('does not keep a %s from its work', async (action) => {
    const world = muteWorld(['web:web_00', 'api:api_00']);

    const result = await runTo(world.engine(), action, action === 'shutdown' ? [] : ['all']);

    expect(result).toMatchObject({ outcome: 'done', cut: 0 });
    expect(world.calls.filter((call) => call.startsWith('stop'))).toEqual(['stop api:api_00', 'stop web:web_00']);
    expect(world.log.messages('warn')).toEqual([expect.stringContaining('The stop order is not known')]);
  });

  test('does not make the sidecar stop itself', async () => {
    const world = muteWorld(['web:web_00', 'drain:drain']);
    const before = { ...process.env };
    Object.assign(process.env, { SUPERVISOR_GROUP_NAME: 'drain', SUPERVISOR_PROCESS_NAME: 'drain' });

    const result = await runTo(world.engine(), 'shutdown').finally(() => {
      process.env = before;
    });

    expect(result.processes.map(({ name }) => name)).toEqual(['web:web_00']);
  });
});
