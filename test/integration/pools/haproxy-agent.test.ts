import { afterAll } from 'vitest';
import { type AgentMember, startAgentWorld, waitForStates } from '../../support/contracts/haproxy-agent.ts';
import { describePool, type PoolWorld } from '../../support/contracts/pool.ts';
import { waitFor } from '../../support/wait-for.ts';

const [first, second, third] = ['web_00', 'web_01', 'web_02'].map((name) => ({ server: `app/${name}` }));
const nobody = { server: 'app/nobody' };
const { signal } = new AbortController();

async function setUp(): Promise<PoolWorld<AgentMember>> {
  if (first === undefined || second === undefined || third === undefined) throw new Error('three members');
  const world = await startAgentWorld();
  // Open as long as the sidecar has the configuration, whoever opens and closes it beside.
  const open = () => world.open({ agent_inter: '500ms' });
  const kept = open();
  const haproxy = await world.addHaproxy();
  afterAll(async () => {
    kept.close?.();
    world.ports.close();
    await haproxy.close();
  });
  // Only when it has been there for long enough to be asked.
  const isMissing = async () => (await kept.state([nobody], signal))[0]?.placement === 'missing';
  await waitFor(isMissing, { what: 'the sidecar to know who asks' });
  return {
    members: [first, second, third],
    unknown: nobody,
    open,
    openUnreachable: () => world.open({}, { agentChecks: undefined }),
    hangMs: 400,
    // Its state can't be read through agent checks.
    operatorActions: {},
    async reset() {
      world.journal.clear();
      await waitFor(
        async () => (await kept.state([first, second, third], signal)).every(({ placement }) => placement === 'in'),
        { what: 'all members to be in', intervalMs: 10 },
      );
      await waitForStates(haproxy, { web_00: 'no check', web_01: 'no check', web_02: 'no check' });
    },
  };
}

describePool('haproxy, asked by agent-check', setUp);
