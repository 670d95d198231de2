import { existsSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Container } from '../support/container/container.ts';
import { markedProcesses } from '../support/marked-processes.ts';

test('a container leaves nothing behind, and has changed nothing of the machine', async () => {
  const container = new Container((layer) => layer.write('/etc/only-inside', 'yes\n'));
  await container.boot();
  await container.run(['touch', '/var/lib/only-inside-too']);
  const { folder, cgroups } = container;
  const pids = markedProcesses(folder).length;

  await container.close();

  expect(pids).toBeGreaterThan(0);
  expect(markedProcesses(folder)).toEqual([]);
  expect(
    [folder, ...cgroups, '/etc/only-inside', '/var/lib/only-inside-too'].filter((path) => existsSync(path)),
  ).toEqual([]);
});

test('a container that does not start says why, and what was put in it has not reached this machine', async () => {
  // What systemd-nspawn looks for; the first file takes the place of a link out of the container.
  const programs = ['/usr/sbin/init', '/usr/lib/systemd/systemd'];
  const container = new Container((layer) => {
    for (const path of programs) layer.write(path, '');
  });

  await expect(container.boot()).rejects.toThrow(/did not start.*execv\(.*failed/s);
  expect(statSync('/usr/lib/systemd/systemd').size).toBeGreaterThan(0);
});
