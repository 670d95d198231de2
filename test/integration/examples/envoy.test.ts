import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { atPointer } from '../../../src/json-pointer.ts';
import { copyExample, webProgramIn } from '../../support/example.ts';
import { expectCleanCheck, expectDrainedRestart, startExample } from '../../support/example-stack.ts';
import { startChooser } from '../../support/examples/chooser.ts';
import { startEnvoy } from '../../support/examples/envoy.ts';
import { freePort } from '../../support/free-port.ts';
import { startWebServer } from '../../support/web-server.ts';

test('examples/envoy: no request fails of those that check the health of Envoy', async () => {
  const [port, peer] = [await freePort(), await freePort()];
  const envoy = await startEnvoy(port, 'ingress');
  const example = copyExample('envoy', (directory) => ({
    '127.0.0.1:9901': `127.0.0.1:${envoy.adminPort}`,
    '127.0.0.1:8100': `127.0.0.1:${port}`,
    '/srv/web/bin/web --port 8100': `${webProgramIn(directory)} --port ${port}`,
    '/usr/bin/envoy --config-path /etc/envoy/envoy.yaml --disable-hot-restart': '/bin/sleep 3600',
    'settle: 10s': 'settle: 500ms',
  }));
  await startWebServer({ port: peer, name: 'peer', mark: example.directory.path });
  const balancer = await startChooser(() => (envoy.healthy() ? [envoy.listener.port, peer] : [peer]));
  await using stack = await startExample(example);

  await expectCleanCheck(stack);
  await expectDrainedRestart(stack, { url: balancer.url, names: ['web'], servers: ['web_00'], closing: true });

  expect(envoy.calls.filter((call) => call.startsWith('POST'))).toEqual([
    'POST /healthcheck/fail',
    'POST /healthcheck/ok',
  ]);
  expect(envoy.healthy()).toBe(true);
});

test("examples/envoy: drainctl counts the listener's requests, and asks the admin interface where it is", () => {
  const example = copyExample('envoy', () => ({}));
  const envoy: unknown = parse(example.read('envoy.yaml'));
  const config: unknown = parse(example.read('drainctl.yaml'));
  const manager = '/static_resources/listeners/0/filter_chains/0/filters/0/typed_config';
  const admin = atPointer(envoy, '/admin/address/socket_address/port_value');
  const probe = '/programs/web/in_flight/0';

  expect({
    prefix: atPointer(config, `${probe}/labels/envoy_http_conn_manager_prefix`),
    port: new URL(String(atPointer(config, `${probe}/url`))).port,
    program: example.read('web.conf').match(/--port (\d+)/)?.[1],
  }).toEqual({
    prefix: atPointer(envoy, `${manager}/stat_prefix`),
    port: String(admin),
    program: String(
      atPointer(
        envoy,
        '/static_resources/clusters/0/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address/port_value',
      ),
    ),
  });
});
