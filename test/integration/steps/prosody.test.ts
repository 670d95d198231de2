import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { onCleanUp } from '../../support/cleanup.ts';
import { copyExample, type Example } from '../../support/example.ts';
import { type ExampleStack, expectCleanCheck, startExample } from '../../support/example-stack.ts';
import { freePort } from '../../support/free-port.ts';
import { startProcess } from '../../support/processes.ts';
import { toolPath } from '../../support/tools.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startXmppClient, type XmppClient } from '../../support/xmpp.ts';

const clientCount = 5;
const domain = 'example.com';

interface Placed {
  readonly example: Example;
  /** Runs the example's script. */
  stage(...args: readonly string[]): Promise<{ stdout: string; stderr: string; exitCode: number }>;
  /** The last line that Prosody's own admin shell answers. */
  shell(command: string): Promise<string>;
  /** Opens sessions, every other one of which may be resumed. */
  connect(): Promise<XmppClient[]>;
}

async function placed(noticesPort: number): Promise<Placed> {
  const port = await freePort();
  const example = copyExample('prosody', (directory) => ({
    '/usr/local/bin/': `${directory.path}/`,
    'prosodyctl shell "': `prosodyctl --config ${directory.file('prosody.cfg.lua')} shell "`,
    '/usr/bin/prosody -F': `${toolPath('prosody')} -F --config ${directory.file('prosody.cfg.lua')}`,
    '/var/log/supervisor/': `${directory.path}/`,
    '/run/prosody/': `${directory.path}/`,
    'c2s_ports = { 5222 }': `interfaces = { "127.0.0.1" }\nrun_as_root = true\nc2s_ports = { ${port} }`,
    'c2s_direct_tls_ports = { 5223 }': `data_path = "${directory.path}"\nmodules_disabled = { "s2s" }`,
    '"5222", "5223"': `"${port}"`,
    // Clients without TLS and without accounts: Prosody has no certificate here.
    '"internal_hashed"': '"anonymous"\n\tc2s_require_encryption = false\n\tallow_unencrypted_plain_auth = true',
    'http://status.example.com:8080/': `http://127.0.0.1:${noticesPort}/`,
    'for: 2s': 'for: 200ms',
    'poll: 1s': 'poll: 200ms',
  }));
  const run = async (file: string, args: readonly string[]) => {
    const { stdout, stderr, exitCode = -1 } = await execa(file, args, { reject: false, stdin: 'ignore' });
    return { stdout, stderr, exitCode };
  };
  return {
    example,
    stage: (...args) => run(example.file('prosody-stage'), args),
    async shell(command) {
      const { stdout } = await run('prosodyctl', ['--config', example.file('prosody.cfg.lua'), 'shell', command]);
      return stdout.trim().split('\n').at(-1) ?? '';
    },
    connect() {
      const all = Array.from({ length: clientCount }, (_, index) => index);
      return Promise.all(all.map((index) => startXmppClient({ port, domain, resumable: index % 2 === 1 })));
    },
  };
}

function waitUntilReady({ stage }: Placed): Promise<unknown> {
  return waitFor(async () => (await stage('ready')).exitCode === 0, { what: 'Prosody to listen', timeoutMs: 20_000 });
}

/** A page that others look at, with each notice that it was sent and what there was to be seen at that very moment. */
interface StatusPage {
  readonly port: number;
  readonly notices: { readonly body: string; readonly seen: unknown }[];
}

async function startStatusPage(look: () => Promise<unknown>): Promise<StatusPage> {
  const notices: StatusPage['notices'] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    notices.push({ body, seen: await look().catch((error: unknown) => error) });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onCleanUp(() => void server.close());
  // A TCP server that listens has such an address.
  return { notices, port: (server.address() as AddressInfo).port };
}

/** How each client's stream was ended, once all have been. */
async function goodbyes(clients: readonly XmppClient[]) {
  await waitFor(() => clients.every(({ goodbye }) => goodbye !== undefined), { what: 'every client to be let go' });
  return clients.map(({ goodbye }) => goodbye);
}

function stillConnected(clients: readonly XmppClient[]): number {
  return clients.filter(({ goodbye }) => goodbye === undefined).length;
}

describe('examples/prosody: every client gets its goodbye, and the others are told when none is left', () => {
  let place: Placed;
  let status: StatusPage;
  let stack: ExampleStack;

  beforeAll(async () => {
    status = await startStatusPage(async () => ({
      sessions: await place.shell('c2s:count()'),
      ports: await place.shell('port:list()'),
    }));
    place = await placed(status.port);
    stack = await startExample(place.example, { programs: 'prosody.conf' });
  });

  /** That all of these clients were let go, and the one notice since was sent while Prosody ran on without any. */
  async function expectStaged(clients: readonly XmppClient[]): Promise<void> {
    const goodbye = { condition: 'system-shutdown', streamClosed: true, connection: 'in order' };
    expect(await goodbyes(clients)).toEqual(clients.map(() => goodbye));
    expect(status.notices.splice(0)).toEqual([
      {
        body: expect.stringContaining('"state": "maintenance"'),
        seen: { sessions: 'OK: Total: 0 clients', ports: 'OK: 0 services listening on 0 ports' },
      },
    ]);
  }

  test('by a restart, after which they can come in again', async () => {
    await waitUntilReady(place);
    const clients = await place.connect();
    await expectCleanCheck(stack);
    expect((await place.stage('sessions')).stdout).toBe(`${clientCount}`);

    const { exitCode, stderr } = await stack.drainctl(['restart', 'prosody']);

    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
    await expectStaged(clients);
    expect(stderr).toContain('after_drain 3 of 4: exec');
    expect(stillConnected(await place.connect())).toBe(clientCount);
    await place.stage('close-clients');
  });

  test('by supervisorctl shutdown, through the gate', async () => {
    await waitUntilReady(place);
    const clients = await place.connect();

    await stack.supervisord.ctl(['shutdown']);

    await stack.supervisord.waitForExit();
    await expectStaged(clients);
    expect(stack.supervisord.log()).toContain('exited: prosody (exit status 0; expected)');
  });
});

describe('prosody-stage', () => {
  let place: Placed;

  beforeAll(async () => {
    place = await placed(1);
    const config = place.example.file('prosody.cfg.lua');
    startProcess(toolPath('prosody'), ['-F', '--config', config], { mark: place.example.directory.path });
    await waitUntilReady(place);
  });

  test('closes clients without a stream error, and Prosody counts them until they have answered', async () => {
    const clients = await place.connect();

    expect(await place.stage('close-clients')).toMatchObject({ stdout: '', stderr: '', exitCode: 0 });

    await waitFor(async () => (await place.stage('sessions')).stdout === '0', { what: 'no session to be left' });
    const goodbye = { condition: undefined, streamClosed: true, connection: 'in order' };
    expect(await goodbyes(clients)).toEqual(clients.map(() => goodbye));
  });

  test('closes the ports and opens them again, and keeps who is connected', async () => {
    const clients = await place.connect();
    const { port } = /c2s_ports = \{ (?<port>\d+)/.exec(place.example.read('prosody.cfg.lua'))?.groups ?? {};

    for (let twice = 0; twice < 2; twice++)
      expect(await place.stage('stop-accepting', `${port}`)).toMatchObject({ stdout: '', exitCode: 0 });
    expect(await place.stage('ready')).toMatchObject({ stderr: expect.stringContaining('no port'), exitCode: 2 });
    await expect(place.connect()).rejects.toThrow('ECONNREFUSED');
    expect(await place.stage('accept')).toMatchObject({ stdout: '', exitCode: 0 });

    await waitUntilReady(place);
    expect(stillConnected(clients)).toBe(clientCount);
    await place.stage('close-clients', 'system-shutdown', 'bye');
  });

  test.each([
    ['a quote in a text', ['close-clients', 'system-shutdown', 'it"s over']],
    ['no text', ['quit']],
    ['a port that is none', ['stop-accepting', 'c2s']],
    ['no port', ['stop-accepting']],
    ['an unknown verb', ['sessions?']],
    ['no verb', []],
  ])('exits with 2 for %s', async (_, args) => {
    expect(await place.stage(...args)).toMatchObject({ stdout: '', exitCode: 2 });
  });

  test('exits with 2, and prints no number, once Prosody has quit', async () => {
    expect(await place.stage('quit', 'bye')).toMatchObject({ stdout: '', stderr: '', exitCode: 0 });

    await waitFor(async () => (await place.stage('sessions')).exitCode === 2, { what: 'Prosody to be gone' });
    expect(await place.stage('sessions')).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('prosody-stage: prosodyctl shell'),
    });
  });
});
