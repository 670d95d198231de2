import { expect, test } from 'vitest';
import { expectIdleStops, startSteadyLoad } from '../support/container/expectations.ts';
import { type Machine, startMachine } from '../support/container/machine.ts';
import { dropIn, webNames } from '../support/container/services.ts';

/** Where HAProxy's unit writes down when its stop begins, in milliseconds since 1970: before systemd signals it. */
const stopOfHaproxy = '/var/lib/haproxy-stop';

const files = {
  ...dropIn(),
  '/etc/systemd/system/haproxy.service.d/test.conf': `[Service]\nExecStop=/bin/sh -c 'date +%%s%%3N >${stopOfHaproxy}'\n`,
};

/** Of two clocks, each rounded. */
const roundingMs = 5;

test('systemctl poweroff cuts off nothing until HAProxy stops, after supervisord', async () => {
  const machine = await startMachine({ files });
  await startSteadyLoad(machine);

  await machine.systemctl('poweroff');

  expect(await machine.container.ended()).toBe('off');
  expect(failedBeforeHaproxyStopped(machine)).toEqual([]);
  await expectHaproxyStoppedLater(machine);
  expectIdleStops(machine);
});

test('systemctl reboot cuts off nothing; then all comes back, and the history has the shutdown', async () => {
  const machine = await startMachine({ files });
  await startSteadyLoad(machine);

  await machine.systemctl('reboot');

  expect(await machine.container.ended()).toBe('reboot');
  expect(failedBeforeHaproxyStopped(machine)).toEqual([]);
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
 * The load goes on after HAProxy, so it has failures; these are the ones that came too early. The journal tells nothing
 * of that: its times are those at which journald came to read what systemd said.
 */
function failedBeforeHaproxyStopped(machine: Machine): string[] {
  const { startedAt, failures, requests } = machine.load();
  const stoppedAt = Number(machine.container.read(stopOfHaproxy));
  expect(requests).toBeGreaterThan(0);
  expect(stoppedAt).toBeGreaterThan(startedAt);
  return failures
    .map((failure) => ({ failure, beforeMs: stoppedAt - startedAt - Number.parseInt(failure, 10) }))
    .filter(({ beforeMs }) => beforeMs > roundingMs)
    .map(({ failure, beforeMs }) => `${failure}, ${beforeMs} ms before HAProxy was stopped`);
}

async function expectHaproxyStoppedLater(machine: Machine): Promise<void> {
  const { ended } = await machine.stopTimes('supervisor.service');
  expect((await machine.stopTimes('haproxy.service')).began).toBeGreaterThan(ended);
}
