import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { expectNoneFailed } from '../../support/acceptance.ts';
import { copyExample, webProgramIn } from '../../support/example.ts';
import {
  expectCleanCheck,
  expectDrainedRestart,
  startExample,
  startExampleHaproxy,
} from '../../support/example-stack.ts';
import { freePort, freePortRange } from '../../support/free-port.ts';
import { startLoad } from '../../support/load.ts';
import { startNetNamespace, whyNoNamespace } from '../../support/pools/net-namespace.ts';
import { toolPath } from '../../support/tools.ts';
import { startWebServer } from '../../support/web-server.ts';

test('examples/haproxy-pair: no request fails through either HAProxy', async () => {
  const [portA, portB, adminA, adminB] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const [web, apiPort] = [await freePortRange(2), await freePortRange(2)];
  const peers = [await freePort(), await freePort(), await freePort()] as const;
  const example = copyExample('haproxy-pair', (directory) => ({
    ':80\n': `127.0.0.1:${portA}\n`,
    'inter 2s': 'inter 100ms',
    '/run/haproxy/admin.sock': directory.file('a.sock'),
    'ipv4@10.0.0.7:9999': `ipv4@127.0.0.1:${adminA}`,
    'tcp://10.0.0.7:9999': `tcp://127.0.0.1:${adminA}`,
    'tcp://10.0.0.8:9999': `tcp://127.0.0.1:${adminB}`,
    '%(host_node_name)s': 'node1',
    '10.0.0.11:8100': `127.0.0.1:${web}`,
    '10.0.0.11:8101': `127.0.0.1:${web + 1}`,
    '10.0.0.11:8200': `127.0.0.1:${apiPort}`,
    '10.0.0.12:8100': `127.0.0.1:${peers[0]}`,
    '10.0.0.12:8101': `127.0.0.1:${peers[1]}`,
    '10.0.0.12:8200': `127.0.0.1:${peers[2]}`,
    '127.0.0.1:81': `127.0.0.1:${web / 100}`,
    '127.0.0.1:82': `127.0.0.1:${apiPort / 100}`,
    '--port 81': `--port ${web / 100}`,
    '--port 82': `--port ${apiPort / 100}`,
    '/srv/web/bin/web': webProgramIn(directory),
    '/srv/api/bin/api': webProgramIn(directory),
  }));
  const config = 'haproxy-b.cfg';
  example.derive('haproxy.cfg', config, {
    [`127.0.0.1:${portA}\n`]: `127.0.0.1:${portB}\n`,
    [`127.0.0.1:${adminA}`]: `127.0.0.1:${adminB}`,
    [example.file('a.sock')]: example.file('b.sock'),
  });
  const mark = example.directory.path;
  await Promise.all(peers.map((port, index) => startWebServer({ port, name: `peer_${index}`, mark })));
  await using stack = await startExample(example);
  await using a = await startExampleHaproxy(example, { port: portA, socketPath: example.file('a.sock') });
  await using b = await startExampleHaproxy(example, { config, port: portB, socketPath: example.file('b.sock') });
  await Promise.all([a.waitForUp(), b.waitForUp()]);
  await using other = startLoad({ url: b.url, connections: 6, path: '/?ms=200' });
  await using api = startLoad({ url: a.url, connections: 2, path: '/api/?ms=200' });

  await expectCleanCheck(stack);
  const servers = ['web_00', 'web_01'];
  await expectDrainedRestart(stack, { url: a.url, servers });
  const { exitCode } = await stack.drainctl(['restart', 'api:*']);

  expect(exitCode).toBe(0);
  await expectNoneFailed(other);
  await expectNoneFailed(api);
});

const why = await whyNoNamespace();
const rulesLoad = 'examples/haproxy-pair: the rules of the admin port load, twice';

test.skipIf(why !== undefined)(why === undefined ? rulesLoad : `${rulesLoad} (${why})`, async () => {
  const namespace = await startNetNamespace();
  const [command = '', ...under] = namespace.under;
  const rules = readFileSync(copyExample('haproxy-pair', () => ({})).file('admin-port.nft'), 'utf8');

  const load = () => execa(command, [...under, toolPath('nft'), '--file', '-'], { input: rules });
  await load();
  await load();

  const { stdout } = await execa(command, [...under, toolPath('nft'), 'list', 'table', 'inet', 'haproxy_admin']);
  expect(stdout).toMatch(/tcp dport 9999 ip saddr != \{ 10\.0\.0\.11, 10\.0\.0\.12 \} reject with tcp reset/);
});
