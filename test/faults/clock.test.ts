import { existsSync, rmSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  exitCodeOf,
  expectNoneFailed,
  historyOf,
  startSteadyLoad,
  waitForServerOut,
  waitForStep,
} from '../support/acceptance.ts';
import { writeConfig } from '../support/drainctl.ts';
import type { RunningProcess } from '../support/processes.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { asSupervisordEnvironment, type FakeClock, startFakeClock } from './support/fake-clock.ts';
import { figure, scale } from './support/figures.ts';

const row = 'clock set back and forward by an hour';
const hourS = 3_600;
const deadlineMs = 2_000;

/** A deadline by the wall clock would pass at once, or an hour late. In between there is room for a slow machine. */
const atMostMs = 25_000;

interface ClockCase {
  readonly way: 'through the sidecar' | 'without a sidecar';
  readonly aheadS: number;
}

const allCases: readonly ClockCase[] = (['through the sidecar', 'without a sidecar'] as const).flatMap((way) =>
  [hourS, -hourS].map((aheadS) => ({ way, aheadS })),
);
const drainCases = scale(
  allCases.filter(({ way, aheadS }) => (way === 'through the sidecar') === aheadS > 0),
  allCases,
);
const readyCases = scale(
  allCases.filter(({ way, aheadS }) => way === 'through the sidecar' && aheadS < 0),
  allCases,
);

describe('when the clock is set', () => {
  let clock: FakeClock;
  let files: TemporaryDirectory;
  let stack: Stack;
  let blindConfig: string;

  beforeAll(async () => {
    clock = startFakeClock();
    files = temporaryDirectory();
    files.write('in-flight', '0');
    stack = await startStack({
      processes: 2,
      program: { startsecs: 0 },
      listener: { environment: asSupervisordEnvironment(clock.env) },
      config(config) {
        const web = {
          ...config.programs.web,
          in_flight: [{ probe: 'file', path: files.file('in-flight') }],
          ready: {
            exec: ['/bin/sh', '-c', `touch ${files.file('asked')}; test ! -e ${files.file('unready')}`],
            deadline: `${deadlineMs}ms`,
          },
        };
        const held = { ...config, programs: { web } };
        const blind = { ...held, sidecar: { socket: files.file('elsewhere.sock') } };
        blindConfig = writeConfig(files, blind, 'blind.yaml');
        return held;
      },
    });
  });

  /** Starts a command that goes by the clock that is set. */
  function start({ way }: ClockCase, args: readonly string[]): RunningProcess {
    const config = way === 'without a sidecar' ? { config: blindConfig } : {};
    return stack.spawnDrainctl(args, { env: clock.env, ...config });
  }

  /** As the end of a test leaves everything: all in, the clock right. */
  async function restore(): Promise<void> {
    clock.set(0);
    files.write('in-flight', '0');
    rmSync(files.file('unready'), { force: true });
    const { exitCode, stderr } = await stack.drainctl(['pool', 'web:*']);
    expect(exitCode, stderr).toBe(0);
    await stack.haproxy.waitForUp();
  }

  async function secondsOf(run: string): Promise<number> {
    const runs = await historyOf(stack);
    const found = runs.find(({ action }) => action === run);
    return found === undefined ? Number.NaN : (Date.parse(found.ended_at) - Date.parse(found.started_at)) / 1_000;
  }

  test.each(drainCases.map((given) => [titleOf(given), given] as const))(
    '%s: a deadline is as long as ever',
    async (_, given) => {
      const load = await startSteadyLoad(stack, { connections: 10, path: '/?ms=40' });
      files.write('in-flight', '1');
      const startedAt = performance.now();
      const command = start(given, ['drain', 'web:web_00', '--deadline', `${deadlineMs}ms`]);
      await waitForStep(command, /draining:/);

      clock.set(given.aheadS);
      const exitCode = await exitCodeOf(command);

      const ms = performance.now() - startedAt;
      const inHistory = await secondsOf('drain');
      await restore();
      await expectNoneFailed(load);
      expect(exitCode, command.stderr).toBe(4);
      expect(command.stdout).toMatch(/was not drained: 1 in flight after/);
      expect(ms).toBeGreaterThanOrEqual(deadlineMs);
      expect(ms).toBeLessThan(atMostMs);
      expect(inHistory).toBeGreaterThanOrEqual(deadlineMs / 1_000);
      expect(inHistory).toBeLessThan(atMostMs / 1_000);
      figure(
        row,
        `deadline of ${deadlineMs} ms passed, ${titleOf(given)}`,
        `${Math.round(ms)} ms after the command began`,
      );
    },
  );

  test.each(readyCases.map((given) => [titleOf(given), given] as const))(
    '%s: the wait for ready is as long as ever',
    async (_, given) => {
      const load = await startSteadyLoad(stack, { connections: 10, path: '/?ms=40' });
      files.write('unready', '');
      rmSync(files.file('asked'), { force: true });
      const command = start(given, ['restart', 'web:web_00']);
      await waitFor(() => existsSync(files.file('asked')), {
        what: 'its readiness to be asked for',
        timeoutMs: 20_000,
      });
      const askedAt = performance.now();

      clock.set(given.aheadS);
      const exitCode = await exitCodeOf(command);

      const ms = performance.now() - askedAt;
      const [waited] = (await historyOf(stack)).filter(({ action }) => action === 'restart');
      const readyMs = waited?.processes[0]?.phases.find(({ phase }) => phase === 'ready')?.ms;
      await restore();
      await expectNoneFailed(load);
      expect(exitCode, command.stderr).toBe(1);
      expect(command.stdout).toContain('was not ready after 2 s');
      expect(readyMs).toBeGreaterThanOrEqual(deadlineMs);
      expect(ms).toBeLessThan(atMostMs);
      figure(
        row,
        `ready deadline of ${deadlineMs} ms passed, ${titleOf(given)}`,
        `${Math.round(ms)} ms after it was first asked`,
      );
    },
  );

  test('a hold ends at its time of day', async () => {
    const load = await startSteadyLoad(stack, { connections: 10, path: '/?ms=40' });
    const sidecar: ClockCase = { way: 'through the sidecar', aheadS: 0 };
    const command = start(sidecar, ['drain', 'web:web_00', '--for', '30m']);
    expect(await exitCodeOf(command), command.stderr).toBe(0);
    await waitForServerOut(stack.haproxy, 'web_00');

    clock.set(-hourS);
    await stack.drainctl(['restart', 'web:web_01']);
    const afterBack = await stack.haproxy.serversOut();
    clock.set(hourS);
    await stack.haproxy.waitForUp(['web_00']);

    await restore();
    await expectNoneFailed(load);
    expect(afterBack).toEqual(['web_00']);
    figure(row, 'a hold of 30m ended', 'at its time of day: at once when the clock was set forward by an hour');
  });
});

function titleOf({ way, aheadS }: ClockCase): string {
  return `clock ${aheadS > 0 ? 'forward' : 'back'}, ${way}`;
}
