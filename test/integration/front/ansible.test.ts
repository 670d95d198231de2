import { beforeAll, describe, expect, test } from 'vitest';
import { expectIdleStops, expectNoneFailed, startSteadyLoad } from '../../support/acceptance.ts';
import { runTask, type SupervisorctlTask, type TaskResult } from '../../support/front/ansible.ts';
import type { Load } from '../../support/load.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import { canRun } from '../../support/tools.ts';

// Half a gigabyte, so only CI installs it; `node scripts/setup.mjs ansible` does so elsewhere.
describe.skipIf(!canRun('ansible'))("Ansible's supervisorctl module (skipped where Ansible is not installed)", () => {
  let stack: Stack;
  let load: Load;

  beforeAll(async () => {
    stack = await startStack({ processes: 2, programs: [{ name: 'worker', command: '/bin/sleep 3600' }] });
    load = await startSteadyLoad(stack);
  });

  function task(name: string, state: SupervisorctlTask['state'], signal?: string): Promise<TaskResult> {
    return runTask(stack.directory, {
      name,
      state,
      server_url: stack.sidecarUrl,
      config: stack.supervisord.configFile,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  const done = (affected: readonly string[] = []) => ({ changed: true, failed: false, affected, msg: '' });
  const unchanged = { changed: false, failed: false, affected: [], msg: '' };
  const web = ['web:web_00', 'web:web_01'];

  // In this order: each begins where the one before it ended.
  test.each([
    ['web:web_00', 'started', unchanged],
    ['web:web_00', 'stopped', done(['web:web_00'])],
    ['web:web_00', 'stopped', unchanged],
    ['web:web_00', 'started', done(['web:web_00'])],
    ['web:web_00', 'started', unchanged],
    ['web:', 'restarted', done(web)],
    ['web:', 'stopped', done(web)],
    ['web:', 'stopped', unchanged],
    ['web:', 'started', done(web)],
    ['web:', 'started', unchanged],
    ['worker', 'restarted', done(['worker'])],
    ['worker', 'present', unchanged],
    ['worker', 'stopped', done(['worker'])],
    ['worker', 'absent', done()],
    ['worker', 'absent', unchanged],
    ['worker', 'present', done()],
    ['worker', 'present', unchanged],
  ] as const)('%s %s', async (name, state, expected) => {
    const result = await task(name, state);

    expect(result).toEqual(expected);
  });

  test('worker signalled', async () => {
    const result = await task('worker', 'signalled', 'CONT');

    expect(result).toEqual(done(['worker']));
  });

  test('absent of what still runs is refused, as with supervisord', async () => {
    const result = await task('worker', 'absent');

    expect(result).toMatchObject({ failed: true, msg: 'ERROR: process/group still running: worker\n' });
  });

  test('a name that does not exist is refused', async () => {
    const result = await task('nobody', 'started');

    expect(result).toMatchObject({ failed: true, msg: 'ERROR (no such process)' });
  });

  test('all that cut off no request', async () => {
    await expectNoneFailed(load);

    expectIdleStops(stack, [...web.slice(0, 1), ...web, ...web]);
  });
});
