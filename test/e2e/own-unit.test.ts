import { expect, test } from 'vitest';
import { expectIdleStops, expectNoneFailed, startSteadyLoad } from '../support/container/expectations.ts';
import { startMachine } from '../support/container/machine.ts';
import { shippedFile } from '../support/container/software.ts';

test('supervisord.service, for a supervisord without a unit of its own, drains on systemctl restart and stop', async () => {
  const machine = await startMachine({
    unit: 'supervisord.service',
    files: { '/etc/systemd/system/supervisord.service': shippedFile('units/supervisord.service') },
    fill: (layer) => {
      layer.link('/etc/systemd/system/supervisor.service', '/dev/null');
      layer.link('/etc/systemd/system/multi-user.target.wants/supervisord.service', '../supervisord.service');
    },
  });
  await startSteadyLoad(machine);

  await machine.run('systemctl', 'restart', 'supervisord');
  await machine.waitForHealthy();
  await machine.run('systemctl', 'stop', 'supervisord');

  expect(await machine.property('Result')).toBe('success');
  await expectNoneFailed(machine);
  expectIdleStops(machine, 2);
});
