import { expect, test } from 'vitest';
import { processConfig, processInfo } from '../../../support/doubles/processes.ts';
import { runTo, ScriptedWorld } from '../../../support/doubles/scripted-world.ts';

const name = 'web:web_00';

/** A world whose process has no time for its stop, and ends by a signal or with a status. */
function endingWith(exitStatus: number): ScriptedWorld {
  const world = new ScriptedWorld({ processes: [name] });
  world.supervisor.configs.set(name, { ...processConfig(name), stopWaitSecs: 0 });
  world.supervisor.scripts.getProcessInfo = () => {
    const info = world.supervisor.processes.get(name) ?? processInfo(name);
    if (info.state === 'STOPPED') world.supervisor.processes.set(name, { ...info, exitStatus });
  };
  return world;
}

test('of a process that did not heed its stop signal the report says that it was killed', async () => {
  const result = await runTo(endingWith(-1).engine(), 'stop', [name]);

  expect(result).toMatchObject({ outcome: 'done', cut: 0 });
  expect(result.message).toContain(
    'web:web_00 was stopped; it did not end within its stopwaitsecs (0 s), and supervisord killed it.',
  );
});

test('of one that took as long and ended by itself it does not', async () => {
  const result = await runTo(endingWith(0).engine(), 'stop', [name]);

  expect(result).toMatchObject({ outcome: 'done', processes: [{ message: '' }] });
});

test('of one that died idle while it drained the report says so', async () => {
  const world = new ScriptedWorld({ processes: [name] });
  world.pool.scripts.depool = () => world.supervisor.become(name, 'EXITED');

  const result = await runTo(world.engine(), 'restart', [name]);

  expect(result).toMatchObject({ outcome: 'done', cut: 0 });
  expect(result.message).toContain('web:web_00 ended by itself while it drained; nothing was seen in flight then.');
});
