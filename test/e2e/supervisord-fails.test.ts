import { expect, test } from 'vitest';
import { expectNoneFailed, startSteadyLoad } from '../support/container/expectations.ts';
import { startMachine } from '../support/container/machine.ts';
import { dropIn, webNames } from '../support/container/services.ts';
import { waitFor } from '../support/wait-for.ts';

test('supervisord killed with -9: everything is out at once, until it has restarted', async () => {
  const machine = await startMachine({ files: dropIn() });
  const before = await machine.property('MainPID');

  await machine.run('kill', '-KILL', before);
  const killedAt = performance.now();
  const out = await waitFor(
    async () => {
      const servers = await machine.serversOut();
      return servers.length === webNames.length && servers;
    },
    { what: 'all to be out' },
  );
  const hasStopped = async () =>
    (await machine.property('SubState')) === 'auto-restart' || (await machine.property('NRestarts')) !== '0';
  await waitFor(hasStopped, { what: 'the end of the stop' });
  const tookMs = performance.now() - killedAt;
  await machine.waitForUnit('active');
  await machine.waitForHealthy();

  expect(out).toEqual(webNames);
  // It waits for nothing: neither for the deadline of 20 s nor for TimeoutStopSec.
  expect(tookMs).toBeLessThan(15_000);
  expect(await machine.property('MainPID')).not.toBe(before);
  expect(await machine.serversOut()).toEqual([]);
});

test('supervisord stopped with SIGSTOP: drained all the same, within the deadline, and ExecStop= ends with 5', async () => {
  const machine = await startMachine({
    files: dropIn(),
    config: (config) => ({ ...config, defaults: { ...config.defaults, deadline: '60s' } }),
  });
  await startSteadyLoad(machine);
  await machine.run('kill', '-STOP', await machine.property('MainPID'));

  const startedAt = performance.now();
  await machine.systemctl('stop', 'supervisor');
  const seconds = (performance.now() - startedAt) / 1_000;
  const journal = await machine.container.journal(['--unit=supervisor.service', '--output=cat']);

  expect(seconds).toBeLessThan(65);
  expect(await machine.property('ExecStop')).toContain('status=5 }');
  expect(journal).toMatch(/supervisord \(pid \d+\) does not answer, so nothing was stopped/);
  expect(await machine.serversOut()).toEqual(webNames);
  await expectNoneFailed(machine);
});
