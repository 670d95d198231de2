import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { copyExample } from '../../support/example.ts';
import {
  expectCleanCheck,
  expectDrainedRestart,
  startExample,
  startExampleHaproxy,
} from '../../support/example-stack.ts';
import { freePort } from '../../support/free-port.ts';
import { startNginx } from '../../support/nginx.ts';
import { startWebServer, webCommand } from '../../support/web-server.ts';

test('examples/status-file: no request fails, and the file is back', async () => {
  const [edge, www, server, admin, peer] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const example = copyExample('status-file', (directory) => ({
    ':80\n': `127.0.0.1:${edge}\n`,
    'listen 80;': `listen 127.0.0.1:${www};`,
    '10.0.0.11:80\n': `127.0.0.1:${www}\n`,
    '10.0.0.12:80\n': `127.0.0.1:${peer}\n`,
    '127.0.0.1:9000': `127.0.0.1:${server}`,
    '127.0.0.1:9001': `127.0.0.1:${admin}`,
    '/srv/app/bin/server --port 9000 --admin-port 9001': webCommand([
      ...['--port', `${server}`, '--admin-port', `${admin}`],
      ...['--name', 'server', '--stop-log', directory.file('stops.jsonl')],
    ]),
    '/run/haproxy/admin.sock': directory.file('admin.sock'),
    'root /srv/health': `root ${directory.path}`,
    'file: /srv/health/status': `file: ${directory.file('status')}`,
    // Ten times as quick, 0.2 s × 3, and what a busy machine adds.
    'inter 2s': 'inter 200ms',
    'settle: 10s': 'settle: 5s',
  }));
  await startWebServer({ port: peer, name: 'peer', mark: example.directory.path });
  await using _nginx = await startNginx({ port: www, http: example.read('nginx.conf') });
  await using stack = await startExample(example, { programs: 'server.conf' });
  await using haproxy = await startExampleHaproxy(example, { port: edge, socketPath: example.file('admin.sock') });
  await haproxy.waitForUp();

  await expectCleanCheck(stack);
  await expectDrainedRestart(stack, { url: haproxy.url, names: ['server'], servers: ['server'] });

  expect(existsSync(example.file('status'))).toBe(true);
});
