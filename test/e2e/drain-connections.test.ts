import { expect, test } from 'vitest';
import { expectIdleStops, expectNoneFailed, startSteadyLoad } from '../support/container/expectations.ts';
import { type Machine, type MachineOptions, startMachine } from '../support/container/machine.ts';
import { shippedFile } from '../support/container/software.ts';
import { waitFor } from '../support/wait-for.ts';

const unit = 'drain-connections.service';

/** A machine with Debian's unit as it is, and beside it the one that drains. */
async function startWithDrainConnections(options: MachineOptions = {}): Promise<Machine> {
  const text = shippedFile(`units/${unit}`);
  const machine = await startMachine({ ...options, files: { [`/etc/systemd/system/${unit}`]: text } });
  await machine.run('systemctl', 'enable', '--now', unit);
  return machine;
}

test('drain-connections.service drains before an unchanged supervisor.service stops', async () => {
  const machine = await startWithDrainConnections();
  await startSteadyLoad(machine);

  await machine.run('systemctl', 'stop', 'supervisor');

  expect(await machine.property('DropInPaths')).toBe('');
  expect(await machine.property('Result')).toBe('success');
  expect(await machine.property('Result', unit)).toBe('success');
  await expectNoneFailed(machine);
  expectIdleStops(machine);
});

test('drain-connections.service drains without a sidecar, in its sandbox', async () => {
  const machine = await startWithDrainConnections({ listener: false });
  await startSteadyLoad(machine);

  await machine.run('systemctl', 'stop', 'supervisor');

  expect(await machine.property('Result', unit)).toBe('success');
  expect(await machine.history()).toMatchObject([{ action: 'shutdown', outcome: 'done', cut: 0 }]);
  await expectNoneFailed(machine);
  expectIdleStops(machine);
});

test('drain-connections.service comes back with a restart of supervisor.service, and drains again', async () => {
  const machine = await startWithDrainConnections();
  await startSteadyLoad(machine);

  await machine.run('systemctl', 'restart', 'supervisor');
  await machine.waitForHealthy();
  await machine.run('systemctl', 'restart', 'supervisor');
  await machine.waitForHealthy();

  expect(await machine.property('ActiveState', unit)).toBe('active');
  await expectNoneFailed(machine);
  expectIdleStops(machine, 2);
});

test('drain-connections.service leaves in its pools what outlives a crash of supervisord, as it does with KillMode=process', async () => {
  const machine = await startWithDrainConnections();
  await startSteadyLoad(machine);

  await machine.run('kill', '-KILL', await machine.property('MainPID'));
  await waitFor(async () => (await machine.property('ActiveState', unit)) === 'inactive', {
    what: 'the end of the unit',
    // supervisord's unit, and this one with it, comes back after 50 s.
    timeoutMs: 45_000,
  });

  expect(await machine.property('KillMode')).toBe('process');
  expect(await machine.serversOut()).toEqual([]);
  await expectNoneFailed(machine);
});

test('drain-connections.service is not stopped by hand, for that would stop every program', async () => {
  const machine = await startWithDrainConnections();

  const { exitCode, stderr } = await machine.systemctl('stop', unit);

  expect(exitCode).not.toBe(0);
  expect(stderr).toContain('may be requested by dependency only');
  expect(machine.stops()).toEqual([]);
});
