import { symlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { copyExample, webProgramIn } from '../../support/example.ts';
import { expectCleanCheck, expectDrainedRestart, startExample } from '../../support/example-stack.ts';
import { freePort, freePortRange } from '../../support/free-port.ts';
import { startNginx } from '../../support/nginx.ts';

test('examples/nginx: no request fails, and the upstream is as it was', async () => {
  const [port, first] = [await freePort(), await freePortRange(2)];
  const example = copyExample('nginx', (directory) => ({
    'listen 80;': `listen 127.0.0.1:${port};`,
    '/etc/nginx/upstreams/app.conf;': `${directory.file('upstream-app.conf')};`,
    'file: /etc/nginx/upstreams/app.conf': `file: ${directory.file('upstream-app.conf')}`,
    '/run/nginx.pid': directory.file('nginx.pid'),
    'test: [nginx': `test: [${directory.file('nginx')}`,
    'reload: [nginx, -s, reload]': `reload: [${directory.file('nginx')}, -s, reload]`,
    '127.0.0.1:8100': `127.0.0.1:${first}`,
    '127.0.0.1:8101': `127.0.0.1:${first + 1}`,
    '127.0.0.1:81': `127.0.0.1:${first / 100}`,
    '--port 81': `--port ${first / 100}`,
    '/srv/web/bin/web': webProgramIn(directory),
  }));
  await using nginx = await startNginx({ port, http: example.read('nginx.conf') });
  const command = nginx.test.slice(0, -1).join(' ');
  writeFileSync(example.file('nginx'), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  symlinkSync(nginx.pidFile, example.file('nginx.pid'));
  const before = example.read('upstream-app.conf');
  await using stack = await startExample(example);

  await expectCleanCheck(stack);
  // A reload closes idle connections of clients, and who sends in that very moment has to send again, which this load does not.
  await expectDrainedRestart(stack, { url: `http://127.0.0.1:${port}`, servers: ['web_00', 'web_01'], closing: true });

  expect({ upstream: example.read('upstream-app.conf'), reloads: nginx.reloads() }).toEqual({
    upstream: before,
    reloads: 4,
  });
});
