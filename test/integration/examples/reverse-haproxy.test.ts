import { expect, test } from 'vitest';
import { expectNoneFailed } from '../../support/acceptance.ts';
import { copyExample, webProgramIn } from '../../support/example.ts';
import {
  type ExampleStack,
  expectCleanCheck,
  expectDrainedRestart,
  startExample,
  startExampleHaproxy,
} from '../../support/example-stack.ts';
import { freePort, freePortRange } from '../../support/free-port.ts';
import type { Haproxy } from '../../support/haproxy.ts';
import { request } from '../../support/http.ts';
import { startLoad } from '../../support/load.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startWebServer } from '../../support/web-server.ts';

const servers = ['web_00', 'web_01'];

interface Machine {
  readonly stack: ExampleStack;
  readonly haproxy: Haproxy;
  /** The port for the neighbours. */
  readonly neighbours: number;
}

/** One of the two machines; the other one is a web server that listens where the neighbour's HAProxy would. */
async function startMachine(): Promise<Machine> {
  const [port, neighbours, neighbour] = [await freePort(), await freePort(), await freePort()];
  const first = await freePortRange(2);
  const example = copyExample('reverse-haproxy', (directory) => ({
    ':80\n': `127.0.0.1:${port}\n`,
    ' :8080\n': ` 127.0.0.1:${neighbours}\n`,
    '10.0.0.12:8080': `127.0.0.1:${neighbour}`,
    'inter 1s': 'inter 100ms',
    '/run/haproxy/admin.sock': directory.file('admin.sock'),
    ', master: /run/haproxy-master.sock': '',
    '127.0.0.1:8100': `127.0.0.1:${first}`,
    '127.0.0.1:8101': `127.0.0.1:${first + 1}`,
    '127.0.0.1:81': `127.0.0.1:${first / 100}`,
    '--port 81': `--port ${first / 100}`,
    '/srv/web/bin/web': webProgramIn(directory),
  }));
  await startWebServer({ port: neighbour, name: 'neighbour', mark: example.directory.path });
  const stack = await startExample(example);
  const haproxy = await startExampleHaproxy(example, { port, socketPath: example.file('admin.sock') });
  await haproxy.waitForUp();
  return { stack, haproxy, neighbours };
}

test('examples/reverse-haproxy: no request fails, neither in a restart nor when the whole machine stops', async () => {
  const { stack, haproxy, neighbours } = await startMachine();
  const health = async () => (await request(`${haproxy.url}/balancer-health`)).status;

  await expectCleanCheck(stack);
  expect(await health()).toBe(200);
  await using passedOn = startLoad({ url: `http://127.0.0.1:${neighbours}`, connections: 4, path: '/?ms=200' });
  await expectDrainedRestart(stack, { url: haproxy.url, servers });
  await expectNoneFailed(passedOn);

  await using load = startLoad({ url: haproxy.url, connections: 12, path: '/?ms=200' });
  await waitFor(() => servers.every((name) => load.answers.has(name)), { what: 'answers of the machine itself' });
  const { exitCode } = await stack.drainctl(['shutdown']);
  expect({ exitCode, health: await health() }).toEqual({ exitCode: 0, health: 503 });
  await waitFor(() => load.answers.has('neighbour'), { what: "the neighbour's answers" });
  await expectNoneFailed(load);
});
