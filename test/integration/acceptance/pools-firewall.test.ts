import { connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { expectDrainedRestarts, type PoolStack, restartsTimeoutMs } from '../../support/acceptance-pool.ts';
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
async function startBehindFirewall(): Promise<PoolStack> {
  const namespace = await startNetNamespace();
  const directory = temporaryDirectory();
  const mark = directory.path;
  const stopLog = directory.file('stops.jsonl');
  const front = directory.file('front.sock');
  const config = writeConfig(directory, {
    supervisor: { url: `unix://${supervisorSocket(directory)}` },
    sidecar: { socket: directory.file('drainctl.sock') },
    state_dir: directory.file('state'),
    pools: { fw: { driver: 'firewall', except: [], settle: '100ms' } },
    defaults: { deadline: '20s', quiet: '300ms', poll: '200ms' },
    programs: {
      web: { members: [{ pool: 'fw', port: '81%(process_num)02d' }], in_flight: [{ probe: 'tcp' }] },
    },
  });
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
  return {
    url,
    webNames: names.map((name) => `web:${name}`),
    stops: () => readStopLog(stopLog),
    drainctl: (args) => runDrainctl(args, { config, env: { PATH: namespace.path } }),
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
