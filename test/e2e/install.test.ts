import { expect, test } from 'vitest';
import { expectIdleStops, expectNoneFailed, startSteadyLoad } from '../support/container/expectations.ts';
import { type Machine, startMachine } from '../support/container/machine.ts';

test("drainctl install on Debian's untouched package drains a stop, check finds nothing, and uninstall restores every byte", async () => {
  const machine = await startMachine({ listener: false });
  const before = await filesOf(machine);

  await machine.run('drainctl', 'install');
  await machine.waitForHealthy();
  const { stdout: findings, exitCode } = await machine.container.run(['drainctl', 'check', '--json']);
  await startSteadyLoad(machine);
  await machine.run('systemctl', 'restart', 'supervisor');
  await machine.waitForHealthy();
  const installed = await filesOf(machine);
  await machine.run('drainctl', 'uninstall');

  expect(JSON.parse(findings)).toMatchObject({ findings: [] });
  expect(exitCode).toBe(0);
  await expectNoneFailed(machine);
  expectIdleStops(machine);
  expect(installed).not.toEqual(before);
  expect(await filesOf(machine)).toEqual(before);
});

/** Every file and folder that an installation could touch, with mode, owner and contents. */
async function filesOf(machine: Machine): Promise<string[]> {
  const script =
    'find /etc/supervisor /etc/systemd /lib/systemd/system -printf "%M %u:%g %p %l\\n"; find /etc/supervisor /etc/systemd /lib/systemd/system -type f -exec sha256sum {} +';
  return (await machine.run('sh', '-c', script)).split('\n').sort();
}
