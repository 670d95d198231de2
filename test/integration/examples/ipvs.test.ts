import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { copyExample, webProgramIn } from '../../support/example.ts';
import { expectCleanCheck, expectDrainedRestart, startExample } from '../../support/example-stack.ts';
import { startChooser } from '../../support/examples/chooser.ts';
import { type Ipvsadm, type RealServer, startIpvsadm } from '../../support/examples/ipvsadm.ts';
import { freePortRange } from '../../support/free-port.ts';

const service = '10.0.0.1:80';

function realServer(address: string, weight: number, active: () => number = () => 0): RealServer {
  return { address, forward: '-m', weight, upper: 100, lower: 50, active };
}

test('examples/ipvs: no request fails, and each real server gets back the weight that it had', async () => {
  const first = await freePortRange(2);
  const addresses = [`127.0.0.1:${first}`, `127.0.0.1:${first + 1}`] as const;
  const portOf = (address: string) => Number(address.split(':')[1]);
  const balancer = await startChooser(() =>
    servers.filter(({ weight }) => weight > 0).map(({ address }) => portOf(address)),
  );
  const servers = addresses.map((address, index) =>
    realServer(address, 3 + index, () => balancer.active(portOf(address))),
  );
  const ipvsadm = await startIpvsadm(service, servers);
  const example = copyExample('ipvs', (directory) => ({
    '/usr/local/sbin/ipvs-member': directory.file('ipvs-member'),
    '10.0.0.11:8100': addresses[0],
    '10.0.0.11:8101': addresses[1],
    '10.0.0.11:81': `127.0.0.1:${first / 100}`,
    '--port 81': `--port ${first / 100}`,
    '/srv/web/bin/web': webProgramIn(directory),
    '/var/lib/ipvs-member': directory.file('weights'),
    'settle: 1s': 'settle: 300ms',
    'quiet: 2s': 'quiet: 500ms',
    'poll: 1s': 'poll: 200ms',
  }));
  await using stack = await startExample(example, { env: { PATH: ipvsadm.path } });

  await expectCleanCheck(stack);
  await expectDrainedRestart(stack, { url: balancer.url, servers: ['web_00', 'web_01'], closing: true });

  expect(ipvsadm.changes).toEqual([
    `${addresses[0]} -m 0 100 50`,
    `${addresses[0]} -m 3 100 50`,
    `${addresses[1]} -m 0 100 50`,
    `${addresses[1]} -m 4 100 50`,
  ]);
});

describe('examples/ipvs: ipvs-member', () => {
  const address = '10.0.0.11:8100';

  async function script(weight: number, active = 0) {
    const example = copyExample('ipvs', () => ({}));
    const ipvsadm: Ipvsadm = await startIpvsadm(service, [realServer(address, weight, () => active)]);
    const folder = example.file('weights');
    const run = async (action: string, server = address) => {
      const { exitCode, stdout, stderr } = await execa(example.file('ipvs-member'), [action, service, server], {
        env: { PATH: ipvsadm.path, IPVS_STATE_DIR: folder },
        reject: false,
      });
      return { exitCode, said: stdout + stderr };
    };
    return { ipvsadm, folder, run };
  }

  test('takes out and puts back as often as it is told to', async () => {
    const { ipvsadm, folder, run } = await script(7);

    const ends = [];
    for (const action of ['depool', 'depool', 'repool', 'repool']) ends.push((await run(action)).exitCode);

    expect({ ends, changes: ipvsadm.changes, left: existsSync(`${folder}/${service},${address}`) }).toEqual({
      ends: [0, 0, 0, 0],
      changes: [`${address} -m 0 100 50`, `${address} -m 7 100 50`],
      left: false,
    });
  });

  test.each([
    ['in', 1, address],
    ['out', 0, address],
    ['missing', 1, '10.0.0.99:8100'],
  ])('says %s', async (word, weight, server) => {
    const { run } = await script(weight);

    expect(await run('state', server)).toEqual({ exitCode: 0, said: word });
  });

  test('counts the connections of the one real server', async () => {
    const { run } = await script(0, 12);

    expect(await run('in-flight')).toEqual({ exitCode: 0, said: '12' });
  });

  test('a server that is not there is an error, and no 0', async () => {
    const { run } = await script(1);

    expect(await run('in-flight', '10.0.0.99:8100')).toEqual({
      exitCode: 2,
      said: expect.stringContaining('has no real server 10.0.0.99:8100'),
    });
  });

  test('without the weight from before it says how to set one', async () => {
    const { run } = await script(0);

    const { exitCode, said } = await run('repool');

    expect({ exitCode, said }).toEqual({
      exitCode: 2,
      said: expect.stringContaining(
        `ipvsadm --edit-server --tcp-service ${service} --real-server ${address} -m --weight 1`,
      ),
    });
  });
});
