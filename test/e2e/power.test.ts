import { expect, test } from 'vitest';
import { expectIdleStops, startSteadyLoad } from '../support/container/expectations.ts';
import { type Machine, startMachine } from '../support/container/machine.ts';
import { dropIn, webNames } from '../support/container/services.ts';

/** On a busy machine systemd says that it has stopped a unit some milliseconds after it went on to the next one. */
const lateMs = 50;

test('systemctl poweroff cuts off nothing until HAProxy stops, after supervisord', async () => {
  const machine = await startMachine({ files: dropIn() });
  await startSteadyLoad(machine);

  await machine.systemctl('poweroff');

  expect(await machine.container.ended()).toBe('off');
  expect(await failedBeforeHaproxyStopped(machine)).toEqual([]);
  await expectHaproxyStoppedLater(machine);
  expectIdleStops(machine);
});

test('systemctl reboot cuts off nothing; then all comes back, and the history has the shutdown', async () => {
  const machine = await startMachine({ files: dropIn() });
  await startSteadyLoad(machine);

  await machine.systemctl('reboot');

  expect(await machine.container.ended()).toBe('reboot');
  expect(await failedBeforeHaproxyStopped(machine)).toEqual([]);
  await expectHaproxyStoppedLater(machine);
  expectIdleStops(machine);

  await machine.container.boot();
  await machine.waitForHealthy();
  const shutdown = (await machine.history()).find(({ action }) => action === 'shutdown');

  expect(shutdown).toMatchObject({ outcome: 'done', cut: 0 });
  expect(shutdown?.processes.map(({ name }) => name)).toEqual(webNames.map((name) => `web:${name}`));
  for (const { phases, in_flight_at_stop } of shutdown?.processes ?? []) {
    expect(phases.map(({ phase }) => phase)).toEqual(['depool', 'settle', 'drain', 'stop']);
    expect(phases.find(({ phase }) => phase === 'drain')?.ms).toBeGreaterThan(0);
    expect(in_flight_at_stop).toBe(0);
  }
});

/**
 * The load goes on after HAProxy, so it has failures; these are the ones that came too early. systemd says "Stopping
 * haproxy" only after it has signalled it, so the end of supervisord's unit counts, which is right before.
 */
async function failedBeforeHaproxyStopped(machine: Machine): Promise<string[]> {
  const { startedAt, failures, requests } = machine.load();
  const { ended } = await machine.stopTimes('supervisor.service');
  expect(requests).toBeGreaterThan(0);
  return failures
    .map((failure) => ({ failure, beforeMs: ended - startedAt - Number.parseInt(failure, 10) }))
    .filter(({ beforeMs }) => beforeMs > lateMs)
    .map(({ failure, beforeMs }) => `${failure}, ${beforeMs} ms before supervisord had stopped`);
}

async function expectHaproxyStoppedLater(machine: Machine): Promise<void> {
  const { ended } = await machine.stopTimes('supervisor.service');
  expect((await machine.stopTimes('haproxy.service')).began).toBeGreaterThan(ended);
}
