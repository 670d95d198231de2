import { connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { expectDrainedRestarts, restartsTimeoutMs } from '../../support/acceptance-pool.ts';
import { onCleanUp } from '../../support/cleanup.ts';
import { runDrainctl, writeConfig } from '../../support/drainctl.ts';
import { freePort } from '../../support/free-port.ts';
import { request } from '../../support/http.ts';
import { startNetNamespace, whyNoNamespace } from '../../support/pools/net-namespace.ts';
import { startProcess } from '../../support/processes.ts';
import { webSection } from '../../support/stack-config.ts';
import { startSupervisord } from '../../support/supervisord.ts';
import { supervisorSocket } from '../../support/supervisord-config.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { toolPath } from '../../support/tools.ts';
import { waitFor } from '../../support/wait-for.ts';
import { readStopLog } from '../../support/web-server.ts';

const why = await whyNoNamespace();
const processes = 3;
const firstPort = 8_100;
const names = Array.from({ length: processes }, (_, index) => `web_0${index}`);

/** It knows nothing of drainctl: a refused connection goes to another server. It keeps no connection to a server open. */
const haproxyConfig = (socket: string) => `
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 60s
  option redispatch 1
  option http-server-close
  http-reuse never
  retries 3
  retry-on conn-failure

frontend web
  bind unix@${socket}
  default_backend app

backend app
${names.map((name, index) => `  server ${name} 127.0.0.1:${firstPort + index}`).join('\n')}
`;

/** Exits with 0 while somebody listens on this port; it can't connect, because the port is still closed. */
const listens = `
const port = Number(process.argv[1]).toString(16).toUpperCase().padStart(4, '0');
const table = require('node:fs').readFileSync('/proc/net/tcp', 'utf8') + require('node:fs').readFileSync('/proc/net/tcp6', 'utf8');
process.exit(new RegExp(':' + port + ' [0-9A-F]+:0000 0A ').test(table) ? 0 : 1);
`;

/** Passes connections on to a Unix socket, the only way into a network namespace that has no network. */
async function startBridge(socketPath: string): Promise<string> {
  const port = await freePort();
  const server = createServer((client) => {
    const inner = connect(socketPath);
    for (const socket of [client, inner]) socket.on('error', () => void [client, inner].map((each) => each.destroy()));
    client.pipe(inner).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onCleanUp(() => void server.close());
  return `http://127.0.0.1:${port}`;
}

/** supervisord's processes and HAProxy in a network namespace; drainctl reaches its firewall with nft. */
async function startBehindFirewall() {
  const namespace = await startNetNamespace();
  const directory = temporaryDirectory();
  const mark = directory.path;
  const stopLog = directory.file('stops.jsonl');
  const front = directory.file('front.sock');
  const configOf = (stateDir: string, socket: string) => ({
    supervisor: { url: `unix://${supervisorSocket(directory)}` },
    sidecar: { socket: directory.file(socket) },
    state_dir: directory.file(stateDir),
    pools: { fw: { driver: 'firewall', except: [], settle: '100ms' } },
    defaults: { deadline: '20s', quiet: '300ms', poll: '200ms' },
    programs: {
      web: {
        members: [{ pool: 'fw', port: '81%(process_num)02d' }],
        in_flight: [{ probe: 'tcp' }],
        // HAProxy does not check: what is put back before it listens refuses, beside the next one that is closed.
        ready: { exec: [...namespace.under, process.execPath, '-e', listens, '81%(process_num)02d'] },
      },
    },
  });
  const config = writeConfig(directory, configOf('state', 'drainctl.sock'));
  const otherConfig = writeConfig(directory, configOf('other-state', 'no-sidecar.sock'), 'other.yaml');
  const web = webSection({ processes, firstPort, stopLog, args: [], keys: {} });
  const supervisord = await startSupervisord({
    directory,
    programs: [{ ...web, command: `${namespace.under.join(' ')} ${web['command']}` }],
    listener: { configFile: config, overrides: { environment: `PATH="${namespace.path}"` } },
  });
  const [file = '', ...under] = namespace.under;
  const configFile = directory.write('haproxy.cfg', haproxyConfig(front));
  const haproxy = startProcess(file, [...under, toolPath('haproxy'), '-db', '-f', configFile], { mark });
  await supervisord.waitForRunning();
  const url = await startBridge(front);
  await waitFor(async () => (await request(`${url}/health`)).status === 200, { what: 'an answer through HAProxy' });
  const drainctlWith = (file: string) => (args: readonly string[]) =>
    runDrainctl(args, { config: file, env: { PATH: namespace.path } });
  return {
    supervisord,
    rules: () => namespace.run('nft', 'list', 'table', 'inet', 'drainctl'),
    /** With a journal of its own. */
    otherDrainctl: drainctlWith(otherConfig),
    url,
    webNames: names.map((name) => `web:${name}`),
    stops: () => readStopLog(stopLog),
    drainctl: drainctlWith(config),
    async [Symbol.asyncDispose]() {
      expect(await namespace.run('nft', 'list', 'table', 'inet', 'drainctl')).not.toContain('dport');
      await supervisord.close();
      await haproxy.close();
    },
  };
}

test.skipIf(why !== undefined)(
  `drained restarts under load with the pool firewall fail no request${why === undefined ? '' : `, skipped: ${why}`}`,
  { timeout: restartsTimeoutMs },
  async () => {
    await expectDrainedRestarts(startBehindFirewall);
  },
);

test.skipIf(why !== undefined)(
  `a rule that the journal does not know is removed when the sidecar starts, a hold stays${why === undefined ? '' : `, skipped: ${why}`}`,
  async () => {
    await using stack = await startBehindFirewall();
    await stack.drainctl(['drain', 'web:web_01']);
    await stack.supervisord.ctl(['stop', 'drain']);
    const { exitCode, stderr } = await stack.otherDrainctl(['drain', 'web:web_00']);
    expect(exitCode, stderr).toBe(0);
    expect(await stack.rules()).toMatch(/dport 8100[\s\S]*dport 8101|dport 8101[\s\S]*dport 8100/);

    await stack.supervisord.ctl(['start', 'drain']);

    await waitFor(async () => !(await stack.rules()).includes('dport 8100'), { what: 'the rule to be gone' });
    expect(await stack.rules()).toContain('dport 8101');
    const isTold = () =>
      /port 8100 at firewall was out without an entry in the journal; put back/.test(stack.supervisord.listenerLog());
    await waitFor(isTold, { what: 'a word of it in the log' });
    await stack.drainctl(['pool', 'web:web_01']);
  },
);
