import { expect, test } from 'vitest';
import { copyExample, webProgramIn } from '../../support/example.ts';
import {
  expectCleanCheck,
  expectDrainedRestart,
  startExample,
  startExampleHaproxy,
} from '../../support/example-stack.ts';
import { freePort, freePortRange } from '../../support/free-port.ts';

test('examples/one-haproxy: no request fails, and the worker is stopped last', async () => {
  const [port, first] = [await freePort(), await freePortRange(2)];
  const example = copyExample('one-haproxy', (directory) => ({
    ':80\n': `127.0.0.1:${port}\n`,
    'inter 2s': 'inter 100ms',
    '/run/haproxy/admin.sock': directory.file('admin.sock'),
    // A HAProxy without a master process.
    ', master: /run/haproxy-master.sock': '',
    '127.0.0.1:8100': `127.0.0.1:${first}`,
    '127.0.0.1:8101': `127.0.0.1:${first + 1}`,
    '127.0.0.1:81': `127.0.0.1:${first / 100}`,
    '--port 81': `--port ${first / 100}`,
    '/srv/web/bin/web': webProgramIn(directory),
    '/srv/mailer/bin/mailer': '/bin/sleep 3600',
  }));
  await using stack = await startExample(example);
  await using haproxy = await startExampleHaproxy(example, { port, socketPath: example.file('admin.sock') });
  await haproxy.waitForUp(['web_00', 'web_01']);

  await expectCleanCheck(stack);
  await expectDrainedRestart(stack, { url: haproxy.url, servers: ['web_00', 'web_01'] });
  const { stdout } = await stack.drainctl(['plan']);

  expect(stdout.indexOf('web:web_01')).toBeLessThan(stdout.indexOf('mailer:mailer'));
});
