import { cpSync, existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectIdleStops, expectNoneFailed, startSteadyLoad } from '../../support/acceptance.ts';
import { builtDrainctl } from '../../support/drainctl.ts';
import { startStack } from '../../support/stack.ts';
import type { StackConfig } from '../../support/stack-config.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

/** An installation of its own, and the command line of what runs from it. */
function installed() {
  const directory = temporaryDirectory();
  cpSync(dirname(builtDrainctl()), directory.file('dist'), { recursive: true });
  symlinkSync(directory.file('dist/main.js'), directory.file('drainctl'));
  return {
    command: (name: string) =>
      `${process.execPath} ${directory.file('drainctl')} ${name} --config %(here)s/drainctl.yaml`,
    /** Takes its files away, as an upgrade does with those of other names. */
    remove: () => rmSync(directory.file('dist'), { recursive: true }),
  };
}

/** Beside what HAProxy counts, and what the processes themselves tell, a command that is run at each look, and one before the stop. */
function withCommands(config: StackConfig, done: string): object {
  const { web } = config.programs;
  const probes = [
    { probe: 'exec', command: ['/bin/sh', '-c', 'echo 0'] },
    { probe: 'http', url: web.ready.http.replace(/health$/, 'load') },
  ];
  const noted = { step: 'exec', command: ['/bin/sh', '-c', `echo done >>${done}`] };
  return { ...config, programs: { web: { ...web, in_flight: probes, before_stop: [noted] } } };
}

describe('an upgrade takes away the files', () => {
  test('of a sidecar that has not drained anything yet: it holds the gate all the same', async () => {
    const installation = installed();
    const done = temporaryDirectory().file('done');
    await using stack = await startStack({
      processes: 2,
      listener: { command: installation.command('listen') },
      config: (config) => withCommands(config, done),
    });
    const load = await startSteadyLoad(stack);
    installation.remove();

    stack.supervisord.process.kill('SIGTERM');
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expectIdleStops(stack);
    expect(existsSync(done) ? readFileSync(done, 'utf8') : '').toBe('done\n'.repeat(2));
  });

  test('of a standby: it holds the gate all the same', async () => {
    const installation = installed();
    const done = temporaryDirectory().file('done');
    await using stack = await startStack({
      processes: 2,
      programs: [
        {
          name: 'drain-standby',
          command: installation.command('standby'),
          priority: 99_998,
          stopwaitsecs: 3_600,
          stderr_logfile: '%(here)s/drain-standby.log',
        },
      ],
      config: (config) => withCommands(config, done),
    });
    const load = await startSteadyLoad(stack);
    const log = stack.directory.file('drain-standby.log');
    const isLoaded = () => existsSync(log) && readFileSync(log, 'utf8').includes('stands by');
    await waitFor(isLoaded, { what: 'the standby' });
    await stack.supervisord.ctl(['stop', 'drain']);
    installation.remove();

    stack.supervisord.process.kill('SIGTERM');
    await stack.supervisord.waitForExit();

    await expectNoneFailed(load);
    expectIdleStops(stack);
    expect(existsSync(done) ? readFileSync(done, 'utf8') : '').toBe('done\n'.repeat(2));
  });
});
