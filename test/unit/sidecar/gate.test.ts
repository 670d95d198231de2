import { describe, expect, test } from 'vitest';
import { DrainctlError } from '../../../src/errors.ts';
import { holdGate, whyStopped } from '../../../src/sidecar/gate.ts';
import type { SupervisorState } from '../../../src/supervisor/supervisor.ts';
import { recordingLog } from '../../support/doubles/recording-log.ts';
import { type Script, times } from '../../support/doubles/script.ts';
import { ScriptedSupervisor, shuttingDown } from '../../support/doubles/scripted-supervisor.ts';
import { ScriptedWorld } from '../../support/doubles/scripted-world.ts';

function gone(errno: string | undefined): Script {
  return () => {
    throw new DrainctlError('SUPERVISOR_UNREACHABLE', `no answer: ${errno}`, { details: { errno } });
  };
}

function supervisorThat(script: Script): ScriptedSupervisor {
  const supervisor = new ScriptedSupervisor([]);
  supervisor.scripts.getState = script;
  return supervisor;
}

const lives = () => true;

describe('only the listener stops', () => {
  test('when supervisord answers that it runs', async () => {
    expect(await whyStopped(new ScriptedSupervisor([]), recordingLog(), lives)).toBe('only the listener stops');
  });

  test('when it does so after a call that failed on the way', async () => {
    const supervisor = supervisorThat(times(2, gone('ECONNRESET')));

    expect(await whyStopped(supervisor, recordingLog(), lives)).toBe('only the listener stops');
  });
});

describe('supervisord stops', () => {
  test('when it answers with fault 6', async () => {
    expect(await whyStopped(supervisorThat(shuttingDown), recordingLog(), lives)).toBe('supervisord stops');
  });

  test.each<SupervisorState>(['SHUTDOWN', 'RESTARTING', 'FATAL'])('when it answers %s', async (state) => {
    const supervisor = new ScriptedSupervisor([]);
    supervisor.state = state;

    expect(await whyStopped(supervisor, recordingLog(), lives)).toBe('supervisord stops');
  });

  test.concurrent.each([
    ['is too busy to answer', () => new Promise<void>(() => {})],
    ['has lost its socket', gone('ENOENT')],
    ['refuses the connection', gone('ECONNREFUSED')],
  ])('when it lives and %s, and the log says so', async (_, script) => {
    const log = recordingLog();

    expect(await whyStopped(supervisorThat(script), log, lives)).toBe('supervisord stops');
    expect(log.messages('warn')).toHaveLength(1);
  });
});

test('supervisord has gone when nobody answers and it does not live', async () => {
  expect(await whyStopped(supervisorThat(gone('ECONNREFUSED')), recordingLog(), () => false)).toBe(
    'supervisord has gone',
  );
});

test('the gate is held until everything has drained', async () => {
  const world = new ScriptedWorld({ processes: ['web:web_00'] });
  const server = world.pool.server('app/web_00');
  server.inFlight = 1;
  const engine = world.engine();
  await engine.world.fresh();
  let inFlightAtTheEnd: number | undefined;

  const held = holdGate(engine, world.log).then(() => {
    inFlightAtTheEnd = server.inFlight;
  });
  world.pool.scripts.state = () => {
    if (world.pool.looks.length > 5) server.inFlight = 0;
  };
  await held;

  expect(inFlightAtTheEnd).toBe(0);
  expect(world.calls).toEqual(['depool app/web_00 at pool-a']);
});
