import { describe, expect, test } from 'vitest';
import type { AgentServers } from '../../../../src/pools/sidecar-services.ts';
import { AgentDesk } from '../../../../src/sidecar/agent/desk.ts';

const server = 'app/web_00';
const [one, other] = ['10.0.0.7', '10.0.0.8'];

/** A desk with a pool whose journal says what `out` holds. */
function open({ depool = 'drain' } = {}) {
  const desk = new AgentDesk();
  const out = new Set<string>();
  const pool: AgentServers = {
    standing: (name) => (out.has(name) ? 'out' : name === server ? 'in' : undefined),
    words: { out: depool, back: 'ready' },
  };
  const leave = desk.add(pool);
  let nowMs = 0;
  /** Asks, and takes the answer unless it gets lost. */
  const ask = (from = one, { isLost = false, line = server } = {}) => {
    nowMs += 1_000;
    const reply = desk.answer(line, from, nowMs);
    if (!isLost) reply?.onTaken(nowMs);
    return reply?.text.trim();
  };
  return { desk, out, ask, leave };
}

describe('an agent desk', () => {
  test('tells drain while a member is out, ready three times after, then up', () => {
    const { desk, out, ask } = open();
    const told = [ask()];
    out.add(server);
    told.push(ask(), ask());
    desk.putBack(server, 'ready');
    told.push(ask(), ask());
    out.delete(server);
    told.push(ask(), ask(), ask());

    expect(told).toEqual(['up', 'drain', 'drain', 'ready', 'ready', 'ready', 'up', 'up']);
  });

  test('does not count an answer that got lost', () => {
    const { desk, out, ask } = open();
    out.add(server);
    ask(one, { isLost: true });
    expect(desk.of(server)).toMatchObject([{ address: one, answer: 'perhaps out' }]);
    ask();
    desk.putBack(server, 'ready');
    for (const isLost of [true, false, true, false]) ask(one, { isLost });

    expect(desk.of(server)).toMatchObject([{ answer: 'back', times: 2 }]);
  });

  test('tells one that was away when it was put back, however late it comes', () => {
    const { desk, out, ask } = open();
    out.add(server);
    ask(one);
    ask(other);
    desk.putBack(server, 'ready');
    for (let times = 0; times < 5; times++) ask(one);
    out.delete(server);
    ask(one);

    expect([ask(other), ask(other), ask(other), ask(other)]).toEqual(['ready', 'ready', 'ready', 'up']);
  });

  test('tells one that was away when it was put back, also where a reload has come since', () => {
    const { desk, out, ask, leave } = open();
    out.add(server);
    ask(one);
    out.delete(server);
    // Its members are known when they were first worked with.
    desk.add({ standing: () => undefined, words: { out: 'drain', back: 'ready' } });
    leave();

    expect([ask(one), ask(one), ask(one), ask(one), ask(other)]).toEqual(['ready', 'ready', 'ready', 'up', '']);
  });

  test('puts back what an earlier sidecar took out, also with those who ask for the first time', () => {
    const { desk, out, ask } = open();
    out.add(server);
    desk.putBack(server, 'ready');
    ask(one);
    out.delete(server);
    ask(one);

    expect(ask(other)).toBe('ready');
  });

  test('goes by the journal again where it names anew what was put back', () => {
    const { desk, out, ask } = open();
    out.add(server);
    desk.putBack(server, 'ready');
    ask();
    out.delete(server);
    ask();
    out.add(server);

    expect(ask()).toBe('drain');
    expect(desk.isPuttingBack(server)).toBe(false);
  });

  test('goes by the journal at once where putting back has failed', () => {
    const { desk, out, ask } = open();
    out.add(server);
    desk.putBack(server, 'ready');
    expect(desk.isPuttingBack(server)).toBe(true);
    desk.takeOut(server);

    expect(ask()).toBe('drain');
  });

  test('says nothing of ready where nothing was out', () => {
    const { desk, ask } = open();
    desk.putBack(server, 'ready');

    expect(ask()).toBe('up');
  });

  test('knows who asks by the name that is sent, and by an IPv4 address as such', () => {
    const { desk, ask } = open();
    ask('::ffff:10.0.0.7', { line: `${server} lb1` });
    ask('::ffff:10.0.0.7');

    expect(desk.of(server).map(({ address }) => address)).toEqual(['lb1@10.0.0.7', '10.0.0.7']);
  });

  test('says how often is asked', () => {
    const { desk, ask } = open();
    for (let times = 0; times < 4; times++) ask();

    expect(desk.of(server)).toMatchObject([{ gapsMs: [1_000, 1_000] }]);
  });

  test('answers for nobody once all have left', () => {
    const { desk, ask, leave } = open();
    leave();

    expect(ask()).toBe('');
    expect(desk.isIdle).toBe(true);
  });

  test('remembers no more than 2,048 names, whatever is asked, and its own servers among them', () => {
    const { desk, out, ask } = open();
    out.add(server);
    ask();
    for (let index = 0; index < 3_000; index++) ask(one, { line: `app/${index}` });

    expect(desk.names()).toHaveLength(2_048);
    expect(desk.names().at(-1)).toBe('app/2999');
    expect(desk.of(server)).toMatchObject([{ answer: 'out' }]);
  });
});
