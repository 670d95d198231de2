import { beforeAll, describe, expect, test } from 'vitest';
import { exitCodeOf, startSteadyLoad, waitForStep } from '../support/acceptance.ts';
import { waitFor } from '../support/wait-for.ts';
import { carryOut, type FaultRow, titleOf } from './support/fault-row.ts';
import { type FaultyStack, limitMs, startFaultyStack } from './support/faulty-stack.ts';
import { figure, inSoak } from './support/figures.ts';
import { expectNothingLeftOut, waitForServersOut } from './support/left-out.ts';

const row = "HAProxy's admin socket fails during another action";

const stopRows: readonly FaultRow[] = [
  {
    action: 'stop',
    fault: 'silent',
    moment: 'before the run',
    lasts: 'lasting',
    exitCode: 1,
    says: [/did not answer within 2s/, /web:web_00 runs on/],
  },
  {
    action: 'stop',
    fault: 'denied',
    moment: 'before the run',
    lasts: 'lasting',
    exitCode: 1,
    says: [/Permission denied/, /web:web_00 was put back and runs on/],
  },
  {
    action: 'stop',
    fault: 'closed',
    moment: 'while draining',
    lasts: 'lasting',
    exitCode: 1,
    says: [/web:web_00 was not stopped: .*closed the connection/, /Out still: app\/web_00 at/],
  },
  {
    action: 'drain',
    fault: 'silent',
    moment: 'before the run',
    lasts: 'lasting',
    exitCode: 1,
    says: [/did not answer within 2s/, /web:web_00 runs on/],
  },
];

describe.runIf(inSoak)("HAProxy's admin socket, with what stops nothing in the end", () => {
  let world: FaultyStack;

  beforeAll(async () => {
    world = await startFaultyStack();
  });

  test.each(stopRows.map((each) => [titleOf(each), each] as const))('%s', async (title, each) => {
    const { exitCode, stdout, stderr, ms, requests } = await carryOut(world, each);

    expect(exitCode, `${stdout}\n${stderr}`).toBe(each.exitCode);
    for (const text of each.says) expect(stdout).toMatch(text);
    expect(ms).toBeLessThan(limitMs);
    expect(world.stack.stops()).toEqual([]);
    await expectNothingLeftOut(world.stack);
    figure(row, title, `exit ${exitCode}, ${ms} ms, 0 of ${requests} failed`);
  });

  test('drain: silent, while draining, lasting: on hold, until a person puts it back', async () => {
    const { exitCode, stdout, stderr, ms, requests } = await carryOut(world, {
      action: 'drain',
      fault: 'silent',
      moment: 'while draining',
      lasts: 'lasting',
      exitCode: 4,
      says: [],
    });

    expect(exitCode, stderr).toBe(4);
    expect(stdout).toMatch(/web:web_00 was not drained: .*not confirmed to be out of app\/web_00 at/);
    await waitForServersOut(world.stack.haproxy, ['web_00']);
    const pool = await world.stack.drainctl(['pool', 'web:web_00']);
    expect(pool.exitCode, pool.stderr).toBe(0);
    await expectNothingLeftOut(world.stack);
    figure(row, 'drain: silent, while draining, lasting', `exit 4, ${ms} ms, on hold; 0 of ${requests} failed`);
  });
});

describe.runIf(inSoak)("HAProxy's admin socket, with supervisord going away", () => {
  test.each(['silent', 'refused', 'denied', 'html', 'ignored'] as const)(
    'a shutdown goes on past one that is %s, and says that it can not know what was cut off',
    async (fault) => {
      const { stack, socket, work } = await startFaultyStack();
      await socket.become(fault);
      work.release();

      const { exitCode, stdout, stderr, ms } = await stack.drainctl(['shutdown']);

      expect(exitCode, stderr).toBe(3);
      expect(stderr).toContain('goes on although a pool did not confirm');
      expect(stdout).toContain('work was cut off: an unknown amount of work');
      expect(stdout).toContain(`app/web_00 at ${socket.path}`);
      expect(stack.supervisord.process.running).toBe(false);
      expect(ms).toBeLessThan(limitMs);
      figure(row, `shutdown: ${fault}, before the run, lasting`, `exit 3, ${Math.round(ms)} ms`);
    },
  );

  test('a shutdown whose HAProxy falls silent while it drains stops at the deadline', async () => {
    const { stack, socket, work } = await startFaultyStack();
    const load = await startSteadyLoad(stack, { connections: 20, path: '/?ms=100' });
    const startedAt = performance.now();
    const command = stack.spawnDrainctl(['shutdown']);
    await waitForStep(command, /draining:/, 2);

    await socket.become('silent');
    work.release();
    const exitCode = await exitCodeOf(command);

    const ms = Math.round(performance.now() - startedAt);
    const { requests, failures } = await load.stop();
    expect({ exitCode, failures }, command.stderr).toEqual({ exitCode: 3, failures: [] });
    expect(ms).toBeLessThan(limitMs);
    figure(row, 'shutdown: silent, while draining, lasting', `exit 3, ${ms} ms, 0 of ${requests} failed`);
  });

  test.each(['silent', 'denied'] as const)('the gate opens in the end for one that is %s', async (fault) => {
    const { stack, socket, work } = await startFaultyStack();
    await socket.become(fault);
    work.release();
    const startedAt = performance.now();

    stack.supervisord.process.kill('SIGTERM');
    await waitFor(() => !stack.supervisord.process.running, { what: 'the end of supervisord', timeoutMs: limitMs });

    const ms = Math.round(performance.now() - startedAt);
    expect(stack.supervisord.listenerLog()).toContain('goes on although a pool did not confirm');
    figure(row, `gate: ${fault}, before the run, lasting`, `${ms} ms`);
  });
});
