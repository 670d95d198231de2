import { describe, expect, test } from 'vitest';
import { type AgentWorld, startAgentWorld, waitForStates } from '../../support/contracts/haproxy-agent.ts';
import {
  expectUnreachable,
  failureOf,
  putBack,
  server,
  stateOf,
  takeOut,
  waitUntilIn,
} from '../../support/contracts/haproxy-agent-member.ts';
import { waitFor } from '../../support/wait-for.ts';

const { signal } = new AbortController();

/** Waits until that many more questions about the server have come. */
async function waitForQuestions(world: AgentWorld, count: number): Promise<void> {
  const watch = world.ports.listen(
    { host: '127.0.0.1', port: world.port },
    { standing: () => undefined, words: { out: '', back: '' } },
  );
  const seen = new Set<number | undefined>();
  await waitFor(() => seen.add(watch.of(server).at(-1)?.askedAtMs).size > count, {
    what: `${count} questions`,
    intervalMs: 5,
  });
  watch.close();
}

describe("an operator's hand", () => {
  test('is not undone by the answers of a member that is in', async () => {
    await using world = await startAgentWorld();
    const pool = world.open();
    const haproxy = await world.addHaproxy();
    await waitUntilIn(pool);

    await haproxy.command('set server app/web_00 state drain;set server app/web_01 state maint');
    await waitForQuestions(world, 4);

    await waitForStates(haproxy, { web_00: 'DRAIN (agent)', web_01: 'MAINT' });
    expect(await haproxy.serversOut()).toEqual(['web_00', 'web_01']);
  });

  test('set after the member was put back, is not undone either', async () => {
    await using world = await startAgentWorld();
    const pool = world.open();
    const haproxy = await world.addHaproxy();
    await waitUntilIn(pool);
    await takeOut(pool);
    await putBack(pool);
    await waitForQuestions(world, 3);

    await haproxy.command('set server app/web_00 state drain');
    await waitForQuestions(world, 4);

    expect(await haproxy.serversOut()).toEqual(['web_00']);
  });

  test('stays where weights are told instead, also if it came first', async () => {
    await using world = await startAgentWorld();
    const pool = world.open({ depool: 'weight' });
    const haproxy = await world.addHaproxy();
    await waitUntilIn(pool);
    await haproxy.command('set server app/web_00 state maint');

    await takeOut(pool);
    const weightOut = await haproxy.command('get weight app/web_00');
    await putBack(pool);

    expect(weightOut).toContain('0 (initial 1)');
    expect(await haproxy.command('get weight app/web_00')).toContain('1 (initial 1)');
    expect(await haproxy.serversOut()).toEqual(['web_00']);
  });
});

describe('a reload that changes `depool` while a member is out', () => {
  test.each([
    ['drain', 'weight'],
    ['weight', 'maint'],
  ])('from %s to %s does not leave it out when it is put back', async (depool, later) => {
    await using world = await startAgentWorld();
    const before = world.open({ depool });
    const haproxy = await world.addHaproxy();
    await waitUntilIn(before);
    const [state] = await before.state([{ server }], signal);
    await takeOut(before);
    const after = world.open({ depool: later });
    before.close?.();
    await waitForQuestions(world, 2);

    await after.repool([{ member: { server }, before: state?.before ?? null }], signal);

    expect(await haproxy.serversOut()).toEqual([]);
    expect(await haproxy.command('get weight app/web_00')).toContain('1 (initial 1)');
  });
});

describe('several HAProxys', () => {
  test.each([
    [
      'by the addresses that they ask from',
      ['127.0.0.1', '127.0.0.2'],
      { source: '127.0.0.1' },
      { source: '127.0.0.2' },
    ],
    ['by the names that they send from one address', ['lb1', 'lb2'], { who: 'lb1' }, { who: 'lb2' }],
  ])('are told apart %s, and each is told', async (_, checkers, one, other) => {
    await using world = await startAgentWorld();
    const pool = world.open({ checkers });
    const haproxies = [await world.addHaproxy(one), await world.addHaproxy(other)];
    await waitUntilIn(pool);

    await takeOut(pool);
    for (const haproxy of haproxies) expect(await haproxy.serversOut()).toEqual(['web_00']);
    await putBack(pool);

    for (const haproxy of haproxies) expect(await haproxy.serversOut()).toEqual([]);
  });

  test('are waited for while one of them asks, and not any more when it was shut down', async () => {
    await using world = await startAgentWorld();
    const pool = world.open({ agent_inter: '200ms', checkers: undefined });
    const [stays, goes] = [await world.addHaproxy({ who: 'lb1' }), await world.addHaproxy({ who: 'lb2' })];
    await waitUntilIn(pool);

    await goes.close();
    await takeOut(pool);

    expect(await stays.serversOut()).toEqual(['web_00']);
    expect(await stateOf(pool)).toMatchObject({ placement: 'out' });
  });

  test('are missed by name where the pool says who has to ask', async () => {
    await using world = await startAgentWorld();
    const pool = world.open({ agent_inter: '200ms', checkers: ['lb1', 'lb2'] });
    await world.addHaproxy({ who: 'lb1' });

    const error = await failureOf(takeOut(pool));

    expectUnreachable(error, /HAProxy at lb2 does not ask about app\/web_00/);
  });

  test('one that comes while a member is out is told so, and that it is back', async () => {
    await using world = await startAgentWorld();
    const pool = world.open({ agent_inter: '200ms', checkers: undefined });
    await world.addHaproxy({ who: 'lb1' });
    await waitUntilIn(pool);
    await takeOut(pool);

    const late = await world.addHaproxy({ who: 'lb2' });
    await waitForStates(late, { web_00: 'DRAIN (agent)' });
    await putBack(pool);

    await waitForStates(late, { web_00: 'no check' });
  });
});
