import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { isDrainctlError } from '../../../src/errors.ts';
import { type AgentWorld, startAgentWorld } from '../../support/contracts/haproxy-agent.ts';
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
