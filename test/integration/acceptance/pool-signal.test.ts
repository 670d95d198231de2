import { describe, expect, test } from 'vitest';
import { killSidecar, statusOf } from '../../support/acceptance.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type Workers, workersIn } from '../../support/workers.ts';

/** Two workers with jobs of 0.3 s, taken out by TSTP; nothing puts one back but a restart, as with Sidekiq. */
async function startWithWorkers(jobs: number): Promise<{ stack: Stack; workers: Workers }> {
  const workers = workersIn(temporaryDirectory(), 2);
  for (const name of workers.names) workers.add(name, jobs);
  const stack = await startStack({
    processes: 1,
    peer: false,
    programs: [workers.program],
    config: (config) => ({
      ...config,
      pools: { ...config.pools, quiet: { driver: 'signal', settle: '200ms' } },
      programs: {
        ...config.programs,
        worker: {
          members: [{ pool: 'quiet' }],
          in_flight: [{ probe: 'exec', command: workers.idleCommand }],
          poll: '200ms',
        },
      },
    }),
  });
  await workers.waitUntilReady();
  return { stack, workers };
}

const totals = (workers: Workers) => {
  const all = workers.names.map((name) => workers.jobs(name));
  const sum = (key: 'waiting' | 'working' | 'done') => all.reduce((total, each) => total + each[key], 0);
  return { waiting: sum('waiting'), working: sum('working'), done: sum('done') };
};

describe('workers that stop taking jobs on a signal', () => {
  test('are restarted in the middle of their jobs, and finish each of them', async () => {
    const { stack, workers } = await startWithWorkers(30);
    await using _ = stack;
    const { exitCode, stderr } = await stack.drainctl(['restart', 'worker:*']);
    expect(exitCode, stderr).toBe(0);
    await waitFor(() => totals(workers).done === 60, { what: 'all jobs to be done', timeoutMs: 20_000 });
    expect(totals(workers)).toEqual({ waiting: 0, working: 0, done: 60 });
  });

  test('finish their jobs in a shutdown of supervisord, which passes no signals on then', async () => {
    const { stack, workers } = await startWithWorkers(200);
    await using _ = stack;
    await stack.supervisord.ctl(['shutdown']);
    await stack.supervisord.waitForExit();
    const { waiting, working } = totals(workers);
    expect({ working, log: working === 0 ? '' : stack.supervisord.listenerLog() }).toEqual({ working: 0, log: '' });
    expect(waiting).toBeGreaterThan(0);
  });

  test('on hold are known to be out after the sidecar was killed', async () => {
    const { stack, workers } = await startWithWorkers(1);
    await using _ = stack;
    const { exitCode, stderr } = await stack.drainctl(['drain', 'worker:worker_00']);
    expect(exitCode, stderr).toBe(0);
    await killSidecar(stack);
    await stack.waitForSidecar();
    const held = (await statusOf(stack)).processes.find(({ name }) => name === 'worker:worker_00');
    expect(held?.members).toEqual([
      expect.objectContaining({ placement: 'out', text: 'told TSTP, until it is restarted', ours: true }),
    ]);
    expect(stack.supervisord.listenerLog()).not.toContain('put back by something else');
    workers.add('worker:worker_00', 1);
    workers.add('worker:worker_01', 1);
    await waitFor(() => workers.jobs('worker:worker_01').done === 2, { what: 'the other worker to work' });
    expect(workers.jobs('worker:worker_00')).toMatchObject({ waiting: 1, working: 0 });
  });
});
