import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { SidecarClient } from '../../../src/sidecar/client.ts';
import {
  exitCodeOf,
  expectIdleStops,
  expectNoneFailed,
  sidecarPid,
  startSteadyLoad,
  statusOf,
  waitForServerOut,
  waitForStep,
  workUntilReleased,
} from '../../support/acceptance.ts';
import { type Stack, startStack } from '../../support/stack.ts';
import type { StackConfig } from '../../support/stack-config.ts';
import { waitFor } from '../../support/wait-for.ts';

/** A stack whose configuration as data is kept, to be written again with changes. */
async function startReloadable(given: { readonly config?: (config: StackConfig) => object } = {}) {
  let written: StackConfig | undefined;
  const stack = await startStack({
    processes: 2,
    config(config) {
      written = config;
      return given.config?.(config) ?? config;
    },
  });
  if (written === undefined) throw new Error('the stack wrote no configuration');
  return { stack, config: written };
}

function write(stack: Stack, config: object | string): void {
  stack.directory.write('drainctl.yaml', typeof config === 'string' ? config : stringify(config));
}

/** Sends SIGHUP as an operator does, and waits for what the sidecar's log says of it, `times` times in all. */
async function reload(stack: Stack, expected: RegExp, times = 1): Promise<void> {
  const { stdout, exitCode } = await stack.supervisord.ctl(['signal', 'HUP', 'drain'], stack.sidecarUrl);
  expect({ stdout, exitCode }).toEqual({ stdout: 'drain: signalled', exitCode: 0 });
  await waitForLog(stack, expected, times);
}

async function waitForLog(stack: Stack, expected: RegExp, times = 1): Promise<void> {
  const pattern = new RegExp(expected, 'g');
  await waitFor(() => (stack.supervisord.listenerLog().match(pattern) ?? []).length >= times, {
    what: `"${expected.source}" in the log of the sidecar`,
    timeoutMs: 20_000,
  });
}

function version(stack: Stack) {
  return new SidecarClient(stack.sidecarUrl.slice('unix://'.length)).getVersion();
}

describe('SIGHUP to the sidecar', () => {
  test('puts a good configuration in force for the next run, and says what has changed', async () => {
    const { stack, config } = await startReloadable();
    await using _ = stack;
    const load = await startSteadyLoad(stack);
    const pid = await sidecarPid(stack);
    const { config_loaded_at: before } = await version(stack);
    write(stack, {
      ...config,
      programs: { ...config.programs, api: { stage: 1 }, web: { ...config.programs.web, stage: 7 } },
    });

    await reload(stack, /configuration reloaded: programs added: api; programs changed: web/);

    const { stdout: plan } = await stack.drainctl(['plan', 'restart', 'web:*', '--json']);
    expect(plan).toContain('stage 7');
    const restart = await stack.drainctl(['restart', 'web:*']);
    expect(restart).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('has changed since') });
    expect((await version(stack)).config_loaded_at > before).toBe(true);
    expect(await sidecarPid(stack)).toBe(pid);
    await expectNoneFailed(load);
    expectIdleStops(stack);
  });

  test('refuses a bad one with every mistake in the log, and the old one stays in force', async () => {
    const { stack } = await startReloadable();
    await using _ = stack;
    write(stack, 'programs:\n  web:\n    deadlin: 5s\n    members: [{ pool: lbb, server: a/b }]\n');

    await reload(stack, /configuration was not reloaded/);

    const line = stack.supervisord
      .listenerLog()
      .split('\n')
      .find((text) => text.includes('was not reloaded'));
    expect(JSON.parse(line ?? '')).toMatchObject({
      level: 'error',
      code: 'CONFIG_INVALID',
      problems: [
        { file: stack.configFile, line: 3, column: 5, path: 'programs.web.deadlin' },
        { file: stack.configFile, line: 4, path: 'programs.web.members[0].pool' },
      ],
    });
    const status = await new SidecarClient(stack.sidecarUrl.slice('unix://'.length)).getStatus();
    expect(status.warnings.join('\n')).toContain(`${stack.configFile}:3:5: programs.web.deadlin`);
    expect(status.processes.filter(({ members }) => members.length > 0)).toHaveLength(2);
  });

  test('refuses a file that has vanished, and takes it once it is back', async () => {
    const { stack, config } = await startReloadable();
    await using _ = stack;
    rmSync(stack.configFile);

    await reload(stack, /was not reloaded.*there is no such file/);
    write(stack, config);
    await reload(stack, /configuration reloaded: nothing that is in force has changed/);

    expect((await statusOf(stack)).warnings).toEqual([]);
  });

  test('names the keys that need a restart of the listener, and takes on the others', async () => {
    const { stack, config } = await startReloadable();
    await using _ = stack;
    const socket = stack.directory.file('other.sock');
    const changed = { ...config, sidecar: { socket }, state_dir: stack.directory.file('other') };
    write(stack, { ...changed, log: { level: 'debug' }, defaults: { ...config.defaults, quiet: '200ms' } });

    await reload(stack, /sidecar\.socket, state_dir changed in .*needs a restart of the listener/);

    await waitForLog(stack, /programs changed: web; log\.level changed/);
    const { warnings } = await new SidecarClient(config.sidecar.socket).getStatus();
    expect(warnings.join('\n')).toContain('sidecar.socket, state_dir changed');
  });

  test('leaves a run under way to the configuration that it began with', async () => {
    const work = workUntilReleased();
    const { stack, config } = await startReloadable(work);
    await using _ = stack;
    const load = await startSteadyLoad(stack);
    const restart = stack.spawnDrainctl(['restart', 'web:web_00']);
    await waitForServerOut(stack.haproxy, 'web_00');
    // By the new one there would be nothing to wait for, and no pool to go back to.
    write(stack, { ...config, pools: {}, programs: {} });
    await reload(stack, /configuration reloaded: programs removed: web; pools removed: lb/);
    await waitForLog(stack, /out of addresses that the configuration no longer has: .*web_00 in lb/);

    const stopsBefore = stack.stops();
    work.release();

    expect(await exitCodeOf(restart)).toBe(0);
    expect(stopsBefore).toEqual([]);
    expect(await stack.haproxy.serversOut()).toEqual([]);
    expectIdleStops(stack, ['web:web_00']);
    await expectNoneFailed(load);
  });

  test('what is out under the old one still goes back, with its pool gone from the new one', async () => {
    const { stack, config } = await startReloadable();
    await using _ = stack;
    await stack.drainctl(['drain', 'web:web_00']);
    write(stack, { ...config, pools: {}, programs: {} });
    await reload(stack, /configuration reloaded/);

    const pool = await stack.drainctl(['pool', 'web:web_00']);

    expect(pool).toMatchObject({ exitCode: 0 });
    expect(await stack.haproxy.serversOut()).toEqual([]);
  });

  test('many at once, while a run is under way, lose nothing, and the last is in force', async () => {
    const { stack, config } = await startReloadable();
    await using _ = stack;
    const load = await startSteadyLoad(stack);
    const restart = stack.spawnDrainctl(['restart', 'web:*']);
    await waitForStep(restart, /depooled|in flight/);
    const pid = await sidecarPid(stack);

    for (let stage = 1; stage <= 20; stage += 1) {
      write(stack, { ...config, programs: { web: { ...config.programs.web, stage } } });
      process.kill(pid, 'SIGHUP');
    }
    // It may have looked already when the last one came; one more look finds what is written now.
    await reload(stack, /configuration reloaded/);

    expect(await exitCodeOf(restart)).toBe(0);
    const planned = async () => (await stack.drainctl(['plan', 'restart', 'web:*', '--json'])).stdout;
    await waitFor(async () => (await planned()).includes('stage 20'), { what: 'the last configuration' });
    await expectNoneFailed(load);
    expectIdleStops(stack);
  });

  test('while the gate is held is put off, and the gate drains everything', async () => {
    const work = workUntilReleased();
    const { stack, config } = await startReloadable(work);
    await using _ = stack;
    const load = await startSteadyLoad(stack);
    stack.supervisord.process.kill('SIGTERM');
    await waitForServerOut(stack.haproxy, 'web_00');
    write(stack, { ...config, pools: {}, programs: {} });

    process.kill(await sidecarPid(stack), 'SIGHUP');
    await waitForLog(stack, /SIGHUP: the configuration is not reloaded, for this listener is ending/);
    work.release();
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expectIdleStops(stack);
  });
});
