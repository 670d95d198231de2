import { chmodSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startConsulServer } from '../../support/contracts/consul-server.ts';
import { copyExample, webProgramIn } from '../../support/example.ts';
import { expectCleanCheck, expectDrainedRestart, startExample } from '../../support/example-stack.ts';
import { startChooser } from '../../support/examples/chooser.ts';
import { freePortRange } from '../../support/free-port.ts';

test('examples/consul: no request fails of clients that go by Consul, and one service goes after the other', async () => {
  const first = await freePortRange(2);
  const consul = await startConsulServer(['web_00', 'web_01']);
  consul.rights = new Map([['secret', { read: true, write: true }]]);
  const example = copyExample('consul', (directory) => ({
    'http://127.0.0.1:8500': consul.address,
    '/etc/drainctl/consul.token': directory.write('consul.token', 'secret\n'),
    // A client that asks anew for each connection.
    'settle: 5s': 'settle: 300ms',
    '127.0.0.1:8100': `127.0.0.1:${first}`,
    '127.0.0.1:8101': `127.0.0.1:${first + 1}`,
    '127.0.0.1:81': `127.0.0.1:${first / 100}`,
    '--port 81': `--port ${first / 100}`,
    '/srv/web/bin/web': webProgramIn(directory),
  }));
  chmodSync(example.file('consul.token'), 0o600);
  const isIn = (id: string) => !consul.checks.has(`_service_maintenance:${id}`);
  const client = await startChooser(() =>
    [0, 1].filter((index) => isIn(`web_0${index}`)).map((index) => first + index),
  );
  await using stack = await startExample(example);

  await expectCleanCheck(stack);
  await expectDrainedRestart(stack, { url: client.url, servers: ['web_00', 'web_01'], closing: true });

  const reason = new URLSearchParams({ reason: 'drainctl: drained (restart)' });
  expect(consul.calls.filter((call) => call.startsWith('PUT'))).toEqual([
    `PUT /v1/agent/service/maintenance/web_00?enable=true&${reason}`,
    'PUT /v1/agent/service/maintenance/web_00?enable=false',
    `PUT /v1/agent/service/maintenance/web_01?enable=true&${reason}`,
    'PUT /v1/agent/service/maintenance/web_01?enable=false',
  ]);
});

/** The part of Consul's service definition that drainctl.yaml has to agree with. */
interface Definition {
  readonly services: readonly { id: string; name: string; port: number; checks: readonly { http: string }[] }[];
}

test('examples/consul: the services are those that supervisord runs', () => {
  const { services } = JSON.parse(copyExample('consul', () => ({})).read('services.json')) as Definition; // as: our own file

  expect(services.map(({ id, name, port, checks }) => [id, name, port, checks[0]?.http])).toEqual([
    ['web_00', 'web', 8100, 'http://127.0.0.1:8100/health'],
    ['web_01', 'web', 8101, 'http://127.0.0.1:8101/health'],
  ]);
});
