import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { expectIdleStops, expectNoneFailed, startSteadyLoad } from '../support/container/expectations.ts';
import { heldWork, releaseWork } from '../support/container/held-work.ts';
import { type Machine, startMachine } from '../support/container/machine.ts';
import { dropIn, webNames } from '../support/container/services.ts';
import { waitFor } from '../support/wait-for.ts';

test('systemctl stop cuts off nothing, succeeds, and shows its progress in systemctl status', async () => {
  const machine = await startMachine({ ...heldWork, files: { ...dropIn(), ...heldWork.files } });
  await startSteadyLoad(machine);
  await machine.startLoad('long', { connections: 4, path: '/?ms=2000' });
  await waitFor(() => machine.load('long').requests > 0, { what: 'long requests' });

  await machine.run('systemctl', 'stop', '--no-block', 'supervisor');
  const progress = await progressOfDrain(machine);
  await releaseWork(machine);
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
  // Longer than drainctl takes to start on a busy machine, and to ask for the first extension.
  const timeoutS = 8;
  const files = { ...dropIn(`TimeoutStopSec=${timeoutS}`), ...heldWork.files };
  const machine = await startMachine({ ...heldWork, files });
  await startSteadyLoad(machine);
  await machine.startLoad('long', { connections: 4, path: '/?ms=6000' });

  await machine.run('systemctl', 'stop', '--no-block', 'supervisor');
  await progressOfDrain(machine);
  await delay((timeoutS + 1) * 1_000);
  const stateThen = await machine.property('ActiveState');
  await releaseWork(machine);
  await machine.waitForUnit('inactive');

  expect(stateThen).toBe('deactivating');
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
  const machine = await startMachine({ ...heldWork, files: { ...dropIn(), ...heldWork.files } });
  await startSteadyLoad(machine);

  await machine.run('systemctl', 'stop', '--no-block', 'supervisor');
  await waitFor(async () => (await machine.serversOut()).length === webNames.length, { what: 'all to be out' });
  const pid = await machine.property('ControlPID');
  await machine.run('kill', '-KILL', pid);
  await releaseWork(machine);
  await machine.waitForUnit('failed');

  expect(await machine.property('Result')).toBe('signal');
  await expectNoneFailed(machine);
  expectIdleStops(machine);
});

/** Waits until systemctl status shows that the stop drains, and gives what it shows. */
async function progressOfDrain(machine: Machine): Promise<string> {
  return waitFor(
    async () => /^ *Status: "(draining.*)"$/m.exec((await machine.systemctl('status', 'supervisor')).stdout)?.[1],
    { what: 'the progress in systemctl status', timeoutMs: 40_000 },
  );
}
