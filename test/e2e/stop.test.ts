import { expect, test } from 'vitest';
import { expectIdleStops, expectNoneFailed, startSteadyLoad } from '../support/container/expectations.ts';
import { startMachine } from '../support/container/machine.ts';
import { dropIn, webNames } from '../support/container/services.ts';
import { waitFor } from '../support/wait-for.ts';

test('systemctl stop cuts off nothing, succeeds, and shows its progress in systemctl status', async () => {
  const machine = await startMachine({ files: dropIn() });
  await startSteadyLoad(machine);
  // Keeps the drain going long enough to look at it.
  await machine.startLoad('long', { connections: 4, path: '/?ms=2000' });
  await waitFor(() => machine.load('long').requests > 0, { what: 'long requests' });

  await machine.run('systemctl', 'stop', '--no-block', 'supervisor');
  const progress = await waitFor(
    async () => /^ *Status: "(draining.*)"$/m.exec((await machine.systemctl('status', 'supervisor')).stdout)?.[1],
    { what: 'the progress in systemctl status' },
  );
  await machine.waitForUnit('inactive');

  expect(progress).toMatch(/^draining web: \d+ in flight, \d of 4 stopped, \d+ s$/);
  expect(await machine.property('Result')).toBe('success');
  await expectNoneFailed(machine);
  await expectNoneFailed(machine, 'long');
  expectIdleStops(machine);
});

test('systemctl restart cuts off nothing, and puts everything back', async () => {
  const machine = await startMachine({ files: dropIn() });
  await startSteadyLoad(machine);

  await machine.run('systemctl', 'restart', 'supervisor');
  await machine.waitForHealthy();

  expect(await machine.property('Result')).toBe('success');
  expect(await machine.serversOut()).toEqual([]);
  await expectNoneFailed(machine);
  expectIdleStops(machine);
});

test('a drain longer than TimeoutStopSec is extended', async () => {
  const machine = await startMachine({ files: dropIn('TimeoutStopSec=2') });
  await startSteadyLoad(machine);
  await machine.startLoad('long', { connections: 4, path: '/?ms=6000' });
  await waitFor(async () => (await machine.status()).processes.some(({ in_flight }) => in_flight > 0), {
    what: 'work',
  });

  const startedAt = performance.now();
  await machine.run('systemctl', 'stop', 'supervisor');
  const seconds = (performance.now() - startedAt) / 1_000;

  expect(seconds).toBeGreaterThan(3);
  expect(await machine.property('Result')).toBe('success');
  await expectNoneFailed(machine);
  await expectNoneFailed(machine, 'long');
  expectIdleStops(machine);
});

test('the gate alone, with no ExecStop= at all, cuts off nothing', async () => {
  const machine = await startMachine({ files: dropIn('ExecStop=') });
  await startSteadyLoad(machine);

  await machine.run('systemctl', 'stop', 'supervisor');

  expect(await machine.property('Result')).toBe('success');
  await expectNoneFailed(machine);
  expectIdleStops(machine);
});

test('the gate takes over when drainctl is killed in ExecStop=', async () => {
  const machine = await startMachine({ files: dropIn() });
  await startSteadyLoad(machine);

  await machine.run('systemctl', 'stop', '--no-block', 'supervisor');
  await waitFor(async () => (await machine.serversOut()).length === webNames.length, { what: 'all to be out' });
  const pid = await machine.property('ControlPID');
  await machine.run('kill', '-KILL', pid);
  await waitFor(async () => (await machine.property('ActiveState')) === 'failed', {
    what: 'the end',
    timeoutMs: 30_000,
  });

  expect(await machine.property('Result')).toBe('signal');
  await expectNoneFailed(machine);
  expectIdleStops(machine);
});
