import { describe, expect, test } from 'vitest';
import type { Probe } from '../../../src/probes/probe.ts';
import { tcp } from '../../../src/probes/tcp.ts';
import { describeProbe } from '../../support/contracts/probe.ts';
import { anySubject } from '../../support/doubles/driver-surroundings.ts';
import { connect, dialUnder, startTcpServer, type TcpServer } from '../../support/tcp-server.ts';
import { toolPath } from '../../support/tools.ts';
import { waitFor } from '../../support/wait-for.ts';

const { signal } = new AbortController();

function open(pid: number | undefined, options: Readonly<Record<string, unknown>> = {}): Probe {
  return tcp.open(tcp.options.parse(options), { ...anySubject, pid: () => pid });
}

/** What the kernel shows of a connection that was just made or closed is true a moment later. */
async function expectCount(probe: Probe, count: number): Promise<void> {
  let last: unknown;
  const hasCount = async () => {
    last = await probe.measure(signal).catch(String);
    return last === count;
  };
  await waitFor(hasCount, { what: `a count of ${count}`, timeoutMs: 20_000 }).catch(() => expect(last).toBe(count));
}

/** A process that has ended, and was waited for. */
async function endedPid(): Promise<number> {
  const server = await startTcpServer();
  await server.process.close();
  return server.pid;
}

describeProbe(
  'tcp',
  async () => ({
    async measuring(count) {
      const server = await startTcpServer();
      await connect(count, server.ports[0]);
      await server.tell(`taken ${count}`);
      return open(server.pid);
    },
    readsText: false,
    broken: {
      gone: async () => open(await endedPid()),
      'not running': () => open(undefined),
      'without a port': async () => open((await closed()).pid),
      "another's port": async () => open((await startTcpServer()).pid, { ports: [1] }),
    },
  }),
  [0, 1, 25],
);

/** A server that has closed its port before anybody looked. */
async function closed(): Promise<TcpServer> {
  const server = await startTcpServer();
  await server.tell('close');
  return server;
}

describe('the tcp probe counts', () => {
  test.each([
    ['IPv6', '::1', '::1'],
    ['IPv4 on a socket for both', '::', '127.0.0.1'],
    ['IPv6 on a socket for both', '::', '::1'],
    ['IPv4 on every address', '0.0.0.0', '127.0.0.1'],
  ])('%s', async (_, address, client) => {
    const server = await startTcpServer({ address });
    await connect(3, server.ports[0], client);
    await expectCount(open(server.pid), 3);
  });

  test('what a child has accepted', async () => {
    const server = await startTcpServer({ args: ['--fork'] });
    await connect(4, server.ports[0]);
    await expectCount(open(server.pid), 4);
  });

  test("what waits to be accepted, and is nobody's yet", async () => {
    const server = await startTcpServer({ args: ['--take', '1'] });
    await connect(5, server.ports[0]);
    await expectCount(open(server.pid), 5);
  });

  test('all its ports, or those that are named', async () => {
    const server = await startTcpServer({ ports: [0, 0] });
    const [first, second = 0] = server.ports;
    await connect(2, first);
    await connect(3, second);
    await expectCount(open(server.pid), 5);
    await expectCount(open(server.pid, { ports: [second] }), 3);
  });

  test('its own where a port is shared, accepted or not', async () => {
    const first = await startTcpServer({ args: ['--reuseport', '--take', '2'] });
    const second = await startTcpServer({ args: ['--reuseport', '--take', '2'], ports: first.ports });
    await connect(20, first.ports[0]);
    const probes = [open(first.pid), open(second.pid)];
    const counts = async () => Promise.all(probes.map((probe) => probe.measure(signal)));
    await waitFor(async () => (await counts()).reduce((sum, count) => sum + count) === 20, { what: '20 in all' });
    expect(Math.min(...(await counts()))).toBeGreaterThan(0);
  });

  test('no connection to another process', async () => {
    const [server, other] = [await startTcpServer(), await startTcpServer()];
    await connect(2, other.ports[0]);
    await expectCount(open(other.pid), 2);
    await expectCount(open(server.pid), 0);
  });

  test('in the network namespace of the process', async ({ skip }) => {
    if (process.getuid?.() !== 0) return skip('a network namespace takes root');
    const script = 'ip link set lo up && exec "$@"';
    const under = [toolPath('unshare'), '--net', toolPath('sh'), '-c', script, 'sh'];
    const server = await startTcpServer({ under });
    await dialUnder([toolPath('nsenter'), `--net=/proc/${server.pid}/ns/net`], 3, '127.0.0.1', server.ports[0]);
    await expectCount(open(server.pid), 3);
  });

  test('no connection from an address or a network that is left out', async () => {
    const server = await startTcpServer({ address: '::' });
    await connect(2, server.ports[0], '127.0.0.1', '127.0.0.2');
    await connect(3, server.ports[0], '127.0.0.1', '127.1.0.3');
    await connect(4, server.ports[0], '::1');
    await expectCount(open(server.pid), 9);
    await expectCount(open(server.pid, { ignore_from: ['127.0.0.2'] }), 7);
    await expectCount(open(server.pid, { ignore_from: ['127.1.0.0/16', '::1'] }), 2);
  });
});

describe('the tcp probe, as connections end, counts', () => {
  async function served(
    count: number,
  ): Promise<{ server: TcpServer; clients: Awaited<ReturnType<typeof connect>>; probe: Probe }> {
    const server = await startTcpServer();
    const clients = await connect(count, server.ports[0]);
    await server.tell(`taken ${count}`);
    const probe = open(server.pid);
    await expectCount(probe, count);
    return { server, clients, probe };
  }

  test('a client that has closed its half: it may wait for its answer', async () => {
    const { clients, probe } = await served(2);
    await Promise.all(clients.map((client) => new Promise<void>((resolve) => client.end(resolve))));
    await expectCount(probe, 2);
  });

  test('what it has closed only its own half of', async () => {
    const { server, probe } = await served(2);
    await server.tell('half');
    expect(await probe.measure(signal)).toBe(2);
  });

  test('nothing that it has closed, also where the client has not', async () => {
    const { server, probe } = await served(2);
    await server.tell('drop');
    expect(await probe.measure(signal)).toBe(0);
  });

  test('the clients that it still has when it listens no more', async () => {
    const { server, probe } = await served(3);
    await server.tell('close');
    expect(await probe.measure(signal)).toBe(3);
    await server.tell('drop');
    expect(await probe.measure(signal)).toBe(0);
  });
});

describe('the tcp probe', () => {
  test('says which ports there are where a named one is not', async () => {
    const server = await startTcpServer();
    await expect(open(server.pid, { ports: [1] }).measure(signal)).rejects.toThrow(
      `do not listen on port 1, but on ${server.ports[0]}`,
    );
  });

  test('begins anew with another pid', async () => {
    const [first, second] = [await startTcpServer(), await closed()];
    let { pid } = first;
    const probe = tcp.open(tcp.options.parse({}), { ...anySubject, pid: () => pid });
    expect(await probe.measure(signal)).toBe(0);
    ({ pid } = second);
    await expect(probe.measure(signal)).rejects.toMatchObject({ code: 'PROBE_FAILED' });
  });
});
