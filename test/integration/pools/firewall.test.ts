import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isDrainctlError } from '../../../src/errors.ts';
import { firewall as driver } from '../../../src/pools/firewall.ts';
import type { Pool } from '../../../src/pools/pool.ts';
import { describePool, type PoolWorld } from '../../support/contracts/pool.ts';
import { noServices } from '../../support/doubles/driver-surroundings.ts';
import { type NetNamespace, startNetNamespace, whyNoNamespace } from '../../support/pools/net-namespace.ts';
import { dialUnder, startTcpServer } from '../../support/tcp-server.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { toolPath } from '../../support/tools.ts';

type Member = { readonly port: number };
type Backend = 'nft' | 'iptables';
const hangMs = 400;
const { signal } = new AbortController();
const usualPath = process.env['PATH'] ?? '';
const why = await whyNoNamespace();
const backends: readonly Backend[] = ['nft', 'iptables'];

afterEach(() => {
  process.env['PATH'] = usualPath;
});

/** The driver's programs are those of this PATH. */
function open(path: string, options: Readonly<Record<string, unknown>>): Pool<Member> {
  process.env['PATH'] = path;
  const [pool] = driver.open(driver.options.parse({ settle: '0s', ...options }), noServices);
  if (pool === undefined) throw new Error('no pool');
  return pool;
}

/** A PATH on which every program of the firewall is this script. */
function pathWith(script: string): string {
  const directory = temporaryDirectory();
  for (const name of ['nft', 'iptables', 'ip6tables']) {
    writeFileSync(directory.file(name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return `${directory.path}:${usualPath}`;
}

const ports = [8100, 8101, 8102] as const;

function clear(namespace: NetNamespace): Promise<string> {
  const script = 'nft flush ruleset; for ip in iptables ip6tables; do $ip -w -F; $ip -w -X; done';
  return namespace.run('sh', '-c', script);
}

async function setUp(backend: Backend): Promise<PoolWorld<Member>> {
  const namespace = await startNetNamespace();
  return {
    members: [{ port: ports[0] }, { port: ports[1] }, { port: ports[2] }],
    open: () => open(namespace.path, { backend }),
    openUnreachable: () => open(pathWith('echo "Resource temporarily unavailable" >&2; exit 4'), { backend }),
    openHanging: () => open(pathWith('exec sleep 60'), { backend, timeout: `${hangMs}ms` }),
    hangMs,
    operatorActions: {},
    reset: async () => void (await clear(namespace)),
  };
}

/** What becomes of a connection to the port of the namespace. */
async function dial(namespace: NetNamespace, address: string, port: number, from?: string): Promise<string> {
  const script = `import socket, sys
s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET)
s.settimeout(0.3)
if len(sys.argv) > 3: s.bind((sys.argv[3], 0))
try:
  s.connect((sys.argv[1], int(sys.argv[2])))
  print('connected')
except ConnectionRefusedError: print('refused')
except TimeoutError: print('silence')`;
  const more = from === undefined ? [] : [from];
  return namespace.run(toolPath('python3'), '-c', script, address, String(port), ...more);
}

describe.skipIf(why !== undefined)(`firewall${why === undefined ? '' : `, skipped: ${why}`}`, () => {
  for (const backend of backends) describePool(`firewall with ${backend}`, () => setUp(backend));

  describe.each(backends)('the firewall pool with %s', (backend) => {
    let namespace: NetNamespace;
    const depool = (pool: Pool<Member>, ...closed: number[]) =>
      pool.depool(
        closed.map((port) => ({ member: { port }, outForMs: 0 })),
        signal,
      );
    const stateOf = async (pool: Pool<Member>, port: number) => (await pool.state([{ port }], signal))[0]?.placement;

    beforeEach(async () => {
      namespace = await startNetNamespace();
    });

    test('refuses new connections over IPv4 and IPv6, lets established ones go on, and opens again', async () => {
      const server = await startTcpServer({ address: '::', under: namespace.under });
      const [port] = server.ports;
      const { under } = namespace;
      await dialUnder(under, 1, '127.0.0.1', port);
      await server.tell('taken 1');
      const pool = open(namespace.path, { backend, except: [] });
      await depool(pool, port);
      expect([await dial(namespace, '127.0.0.1', port), await dial(namespace, '::1', port)]).toEqual([
        'refused',
        'refused',
      ]);
      expect(await namespace.run('ss', '-Htn', 'state', 'established', `( sport = :${port} )`)).not.toBe('');
      await pool.repool([{ member: { port }, before: null }], signal);
      expect([await dial(namespace, '127.0.0.1', port), await dial(namespace, '::1', port)]).toEqual([
        'connected',
        'connected',
      ]);
    });

    test('lets those in that are excepted, and no other port is closed', async () => {
      const server = await startTcpServer({ address: '::', ports: [0, 0], under: namespace.under });
      const [port, other = 0] = server.ports;
      await depool(open(namespace.path, { backend, except: ['127.0.0.2', '::1'] }), port);
      expect(await dial(namespace, '127.0.0.1', port, '127.0.0.1')).toBe('refused');
      expect(await dial(namespace, '127.0.0.1', port, '127.0.0.2')).toBe('connected');
      expect(await dial(namespace, '::1', port)).toBe('connected');
      expect(await dial(namespace, '127.0.0.1', other)).toBe('connected');
    });

    test('says nothing at all with action: drop', async () => {
      const server = await startTcpServer({ under: namespace.under });
      await depool(open(namespace.path, { backend, except: [], action: 'drop' }), server.ports[0]);
      expect(await dial(namespace, '127.0.0.1', server.ports[0])).toBe('silence');
    });

    test('leaves the rules of another drainctl, and those of an operator', async () => {
      const [ours, theirs] = [open(namespace.path, { backend }), open(namespace.path, { backend })];
      await namespace.run('iptables', '-A', 'INPUT', '-p', 'tcp', '--dport', '9999', '-j', 'DROP');
      await Promise.all([depool(theirs, 8101), depool(ours, 8100)].map((done) => done.catch(() => {})));
      await depool(theirs, 8101);
      await depool(ours, 8100);
      await ours.repool([{ member: { port: 8100 }, before: null }], signal);
      expect([await stateOf(ours, 8100), await stateOf(ours, 8101)]).toEqual(['in', 'out']);
      expect(await namespace.run('iptables', '-S')).toContain('--dport 9999 -j DROP');
    });

    test('is in again when somebody flushes all rules, and is taken out again', async () => {
      const pool = open(namespace.path, { backend });
      await depool(pool, 8100);
      await clear(namespace);
      expect(await stateOf(pool, 8100)).toBe('in');
      await depool(pool, 8100);
      expect(await stateOf(pool, 8100)).toBe('out');
    });

    test('is refused without the right to change rules, with what it takes', async () => {
      const setpriv = `exec ${toolPath('setpriv')} --bounding-set=-net_admin --inh-caps=-net_admin`;
      const program = backend === 'nft' ? 'nft' : '"$(basename "$0")"';
      const path = pathWith(`${setpriv} env PATH=/usr/sbin:/sbin:/usr/bin:/bin ${program} "$@"`);
      const error = await open(path, { backend })
        .state([{ port: 8100 }], signal)
        .catch((reason: unknown) => reason);
      expect(isDrainctlError(error, 'POOL_REFUSED') && error.hint).toContain('CAP_NET_ADMIN');
    });
  });
});
