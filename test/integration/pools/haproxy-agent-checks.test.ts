import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type DrainctlError, isDrainctlError } from '../../../src/errors.ts';
import type { MemberState, Pool } from '../../../src/pools/pool.ts';
import {
  type AgentMember,
  type AgentWorld,
  startAgentWorld,
  waitForStates,
} from '../../support/contracts/haproxy-agent.ts';
import { waitFor } from '../../support/wait-for.ts';

const { signal } = new AbortController();
const server = 'app/web_00';

const takeOut = (pool: Pool<AgentMember>) => pool.depool([{ member: { server }, outForMs: 0 }], signal);
const putBack = (pool: Pool<AgentMember>) => pool.repool([{ member: { server }, before: null }], signal);

async function stateOf(pool: Pool<AgentMember>, of = server): Promise<MemberState | DrainctlError> {
  try {
    const [state] = await pool.state([{ server: of }], signal);
    if (state === undefined) throw new Error('no state');
    return state;
  } catch (error) {
    if (isDrainctlError(error)) return error;
    throw error;
  }
}

async function waitUntilIn(pool: Pool<AgentMember>): Promise<void> {
  await waitFor(
    async () => {
      const state = await stateOf(pool);
      return 'placement' in state && state.placement === 'in';
    },
    { what: 'the member to be in', intervalMs: 10 },
  );
}

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

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

function expectUnreachable(error: unknown, hint: string | RegExp): void {
  expect(isDrainctlError(error, 'POOL_UNREACHABLE') && error.toText()).toMatch(hint);
}

/** A connection to the agent port that stays open; its errors are no one's. */
async function openSocket(world: AgentWorld): Promise<Socket> {
  const socket = connect(world.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** What a HAProxy would read after it has said this. */
async function say(world: AgentWorld, text: string): Promise<string> {
  const socket = await openSocket(world);
  socket.setEncoding('utf8').write(text);
  let answer = '';
  socket.on('data', (chunk: string) => {
    answer += chunk;
    socket.resetAndDestroy();
  });
  await once(socket, 'close');
  return answer;
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

describe('an agent port', () => {
  test('that nobody asks at makes the pool unreachable, with the words for haproxy.cfg', async () => {
    await using world = await startAgentWorld();
    const pool = world.open({ agent_inter: '50ms', checkers: undefined });
    await world.waitUntilServed();

    const error = await failureOf(takeOut(pool));

    expectUnreachable(error, `agent-port ${world.port} agent-inter 1s agent-send "app/web_00\\n"`);
  });

  test('is nowhere without a sidecar, and the error says how to start one', async () => {
    await using world = await startAgentWorld();
    const pool = world.open({}, { agentChecks: undefined });

    expectUnreachable(await failureOf(takeOut(pool)), 'Start the sidecar: supervisorctl start drain');
  });

  test('at which others are asked about names them', async () => {
    await using world = await startAgentWorld();
    const pool = world.open({ agent_inter: '200ms', checkers: undefined });
    await world.addHaproxy();
    await waitUntilIn(pool);

    const error = await failureOf(pool.depool([{ member: { server: 'app/web_0' }, outForMs: 0 }], signal));

    expect(isDrainctlError(error, 'POOL_MEMBER_MISSING') && error.message).toMatch(
      /^No HAProxy has ever asked about app\/web_0 .*app\/web_01/,
    );
  });

  test('says nothing that changes a state before the journal was read, nor of a server that is no member', async () => {
    await using world = await startAgentWorld();
    let isRead = false;
    world.open({}, { journalIsRead: () => isRead });
    await world.waitUntilServed();
    world.journal.record('agent', server, 0);

    const early = await say(world, `${server}\n`);
    isRead = true;

    expect(early).toBe('\n');
    expect(await say(world, `${server}\n`)).toBe('drain\n');
    expect(await say(world, 'app/nobody\n')).toBe('\n');
  });

  test('that is taken is told, tried again, and serves when it is free', async () => {
    await using world = await startAgentWorld();
    const other = createServer().listen(world.port, '127.0.0.1');
    await once(other, 'listening');
    const pool = world.open();
    await waitFor(() => world.log.lines.some((line) => line.includes('agent checks are not served')), {
      what: 'a word of it',
    });
    const failure = await stateOf(pool);

    other.close();
    await world.addHaproxy();

    await waitUntilIn(pool);
    expectUnreachable(failure, `can't answer agent checks at 127.0.0.1:${world.port}: cannot listen`);
  });

  test('is kept over a reload, with who asks, and closed with the last that has it', async () => {
    await using world = await startAgentWorld();
    const before = world.open();
    const haproxy = await world.addHaproxy();
    await waitUntilIn(before);
    await takeOut(before);

    const after = world.open();
    before.close?.();
    expect(await stateOf(after)).toMatchObject({ placement: 'out' });
    await putBack(after);

    expect(await haproxy.serversOut()).toEqual([]);
    after.close?.();
    await waitFor(async () => (await failureOf(openSocket(world))) !== undefined, { what: 'the port to be closed' });
  });

  test('answers through a flood of connections, of lines that are none, and of those that say nothing', async () => {
    await using world = await startAgentWorld();
    const pool = world.open();
    const haproxy = await world.addHaproxy();
    await waitUntilIn(pool);

    const idle = await Promise.all(Array.from({ length: 200 }, () => openSocket(world)));
    for (const text of ['GET / HTTP/1.1\r\n\r\n', 'x'.repeat(10_000), '\0\n', 'app/web_00 a b\n', '\n'])
      expect(await say(world, text)).toBe('');
    await takeOut(pool);

    expect(await haproxy.serversOut()).toEqual(['web_00']);
    expect(idle.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(64);
    expect(world.log.lines.join('\n')).toContain('agent checks were not understood: 127.0.0.1');
    for (const socket of idle) socket.destroy();
  });
});
