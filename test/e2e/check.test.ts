import { expect, test } from 'vitest';
import type { CheckDocument } from '../../src/check/apply.ts';
import { type Machine, startMachine } from '../support/container/machine.ts';
import { dropIn } from '../support/container/services.ts';
import { shippedFile } from '../support/container/software.ts';

const folder = '/etc/systemd/system/supervisor.service.d';

async function findingsOf(machine: Machine): Promise<string[]> {
  const { stdout } = await machine.container.run(['drainctl', 'check', '--json']);
  const { findings } = JSON.parse(stdout) as CheckDocument; // as: its own format
  return findings.map(({ rule, target }) => `${rule}: ${target}`);
}

test('drainctl check names each mistake in a drop-in, also one that systemd has not read', async () => {
  const machine = await startMachine({ files: dropIn() });
  const unit = 'supervisor.service';
  const healthy = await findingsOf(machine);

  const script = [
    's/^ExecStop=$//',
    's/^After=.*//',
    's/^NotifyAccess=.*/NotifyAccess=main/',
    's/^KillMode=.*/KillMode=control-group/',
    's/^TimeoutStopSec=.*/TimeoutStopSec=5s/',
  ];
  await machine.run('sed', '-i', script.join(';'), `${folder}/drain.conf`);
  const unread = await findingsOf(machine);
  await machine.run('systemctl', 'daemon-reload');
  const read = await findingsOf(machine);

  expect(healthy).toEqual([]);
  expect(unread).toEqual([`unit-reloaded: ${unit}`]);
  expect(read).toEqual([
    `unit-exec-stop: ${unit}`,
    `unit-timeout: ${unit}`,
    `unit-ordering: ${unit}`,
    `unit-kill-mode: ${unit}`,
    `unit-notify-access: ${unit}`,
  ]);
});

test("drainctl check takes drain-connections.service for Debian's unmodified unit's ExecStop=", async () => {
  const machine = await startMachine({
    files: { '/etc/systemd/system/drain-connections.service': shippedFile('units/drain-connections.service') },
  });
  await machine.run('systemctl', 'enable', '--now', 'drain-connections.service');

  expect(await findingsOf(machine)).toEqual([]);
});
