import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { PlanDocument } from '../../../src/drain/api.ts';
import {
  exitCodeOf,
  expectIdleStops,
  expectNoneFailed,
  historyOf,
  startSteadyLoad,
  waitForServerOut,
  waitForStep,
} from '../../support/acceptance.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

/** A step that writes down when it was done, for which process, and whether that was out of HAProxy and idle then. */
function noting(files: TemporaryDirectory, more = 'true') {
  const line = `$DRAINCTL_STEP $DRAINCTL_PROCESS $DRAINCTL_ACTION`;
  return { step: 'exec', command: ['/bin/sh', '-c', `echo "${line}" >> ${files.file('done')}; ${more}`] };
}

function notes(files: TemporaryDirectory): string[] {
  return existsSync(files.file('done')) ? readFileSync(files.file('done'), 'utf8').trim().split('\n') : [];
}

/** Two web processes with these keys of their program. */
function startWith(keys: object, sidecar = true): Promise<Stack> {
  return startStack({
    ...{ processes: 2, sidecar },
    config: (config) => ({ ...config, programs: { web: { ...config.programs.web, ...keys } } }),
  });
}

describe('steps around a stop', () => {
  test.each([
    ['through the sidecar', true],
    ['without a sidecar', false],
  ])('are done once for each process that is restarted, %s', async (_, sidecar) => {
    const files = temporaryDirectory();
    await using stack = await startWith({ before_stop: [noting(files)], after_drain: [noting(files)] }, sidecar);
    const load = await startSteadyLoad(stack);

    const { exitCode, stderr } = await stack.drainctl(['restart', 'web:*']);

    expect(exitCode, stderr).toBe(0);
    await expectNoneFailed(load);
    expectIdleStops(stack);
    expect(notes(files)).toEqual(
      stack.webNames.flatMap((name) => [`before_stop ${name} restart`, `after_drain ${name} restart`]),
    );
    expect(stderr).toMatch(/web:web_00 before_stop 1 of 1: exec \/bin\/sh/);
  });

  test('are done before supervisord stops them in a shutdown of its own, signals too', async () => {
    const files = temporaryDirectory();
    const keys = { before_stop: [noting(files), { step: 'signal', signal: 'CONT' }], after_drain: [noting(files)] };
    await using stack = await startWith(keys);

    await stack.supervisord.ctl(['shutdown']);
    await stack.supervisord.waitForExit();

    const expected = stack.webNames.flatMap((name) => [`before_stop ${name} gate`, `after_drain ${name} gate`]);
    expect(notes(files).sort()).toEqual(expected.sort());
    expect(stack.supervisord.listenerLog()).not.toContain('a step was not done');
  });

  test('are in the plan, and count in its worst case', async () => {
    const steps = [{ step: 'pause', for: '30s' }];
    await using stack = await startWith({ before_stop: steps, after_drain: steps });

    const planned = JSON.parse((await stack.drainctl(['plan', '--json', 'stop', 'web:web_00'])).stdout) as PlanDocument; // as: the documented form
    const { stdout } = await stack.drainctl(['plan', 'stop', 'web:web_00']);

    expect(planned.steps[0]?.processes[0]?.steps).toEqual(['before_stop: pause 30s', 'after_drain: pause 30s']);
    // Deadline 20 s, stopwaitsecs 10 s.
    expect(planned.worst_case_ms).toBe(90_000);
    expect(stdout).toContain('     before_stop: pause 30s\n     after_drain: pause 30s\n');
  });

  test('one that fails with abort ends the restart: nothing was stopped, all is back in, and the error says what to do', async () => {
    const files = temporaryDirectory();
    const failing = { ...noting(files, 'echo no such host >&2; exit 3'), on_failure: 'abort' };
    await using stack = await startWith({ before_stop: [failing] });
    const load = await startSteadyLoad(stack);

    const { exitCode, stdout } = await stack.drainctl(['restart', 'web:*']);

    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /web:web_00 was not stopped, because a step was not done: before_stop 1 of 1, .* it exited with 3 and printed "no such host"/,
    );
    expect(stdout).toMatch(/web:web_00 was put back and runs on.*Not touched: web:web_01[\s\S]*Run it by hand/);
    expect(stack.stops()).toEqual([]);
    await stack.waitForHealthy();
    await expectNoneFailed(load);
    expect((await historyOf(stack))[0]).toMatchObject({ outcome: 'failed', error_code: 'STEP_FAILED' });
  });

  test('one that hangs is killed by a cancel, and the process goes back', async () => {
    const files = temporaryDirectory();
    const hanging = noting(files, `echo $$ > ${files.file('pid')}; exec sleep 600`);
    await using stack = await startWith({ before_stop: [{ ...hanging, timeout: '60s' }] });
    const restart = stack.spawnDrainctl(['restart', 'web:web_00']);
    await waitForStep(restart, /web:web_00 before_stop 1 of 1/);
    const pid = await waitFor(() => existsSync(files.file('pid')) && readFileSync(files.file('pid'), 'utf8').trim(), {
      what: 'the step to have begun',
    });

    await waitForServerOut(stack.haproxy, 'web_00');
    await stack.drainctl(['cancel']);

    expect(await exitCodeOf(restart)).toBe(4);
    await waitFor(() => !existsSync(`/proc/${pid}`), { what: 'the command to be gone' });
    await stack.waitForHealthy();
    expect(stack.stops()).toEqual([]);
  });
});
