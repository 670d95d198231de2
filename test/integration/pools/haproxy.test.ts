import { haproxy as driver } from '../../../src/pools/haproxy.ts';
import { startHaproxyWorld } from '../../support/contracts/haproxy-server.ts';
import { describePool, type PoolWorld } from '../../support/contracts/pool.ts';
import { scriptedSocket, silence } from '../../support/contracts/scripted-socket.ts';
import { noServices } from '../../support/doubles/driver-surroundings.ts';

type Member = { readonly server: string };
const hangMs = 400;

async function setUp(kind: 'unix' | 'tcp', depool: 'drain' | 'maint'): Promise<PoolWorld<Member>> {
  const world = await startHaproxyWorld(['web_00', 'web_01', 'web_02', 'web_03']);
  const { haproxy } = world;
  const hanging = await scriptedSocket(haproxy.directory.file('hanging.sock'), silence);
  const open = (address: string, timeout = '2s') => {
    const [pool] = driver.open(driver.options.parse({ addresses: [address], depool, timeout }), noServices);
    if (pool === undefined) throw new Error('no pool');
    return pool;
  };
  const operator = (state: string) => async (member: Member) => {
    await haproxy.command(`set server ${member.server} state ${state}`);
  };
  return {
    members: ['web_00', 'web_01', 'web_02', 'web_03'].map((name) => ({ server: `app/${name}` })) as [
      Member,
      Member,
      Member,
    ],
    unknown: { server: 'app/nobody' },
    open: () => open(kind === 'unix' ? haproxy.socketPath : haproxy.tcpAddress),
    openUnreachable: () => open(kind === 'unix' ? haproxy.directory.file('nobody.sock') : 'tcp://127.0.0.1:1'),
    openHanging: () => open(hanging.path, `${hangMs}ms`),
    hangMs,
    operatorActions: {
      maint: operator('maint'),
      drain: operator('drain'),
      weight: async ({ server }) => void (await haproxy.command(`set server ${server} weight 0`)),
    },
    async reset() {
      await world.reset();
      await haproxy.command('set server app/web_00 weight 1');
    },
    hold: (member, count) => world.hold(member.server.replace('app/', ''), count),
    release: () => world.release(),
  };
}

describePool('haproxy on a Unix socket', () => setUp('unix', 'drain'));
describePool('haproxy over TCP', () => setUp('tcp', 'drain'));
describePool('haproxy with depool: maint', () => setUp('unix', 'maint'));
