import { describe, expect, test } from 'vitest';
import { DrainctlError } from '../../../../src/errors.ts';
import type { MemberState } from '../../../../src/pools/pool.ts';
import { startAgentDouble } from '../../../support/doubles/agent-checks.ts';

const { signal } = new AbortController();
const server = 'app/web_00';

async function rejection(promise: Promise<unknown>): Promise<DrainctlError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof DrainctlError) return error;
  throw new Error(`not a DrainctlError: ${error}`);
}

/** A pool that goes by its journal, and HAProxys that ask about `app/web_00`. */
function start(options: Readonly<Record<string, unknown>>) {
  const { pool, addHaproxy } = startAgentDouble({ agent_inter: '50ms', ...options });
  return {
    addHaproxy,
    takeOut: () => pool.depool([{ member: { server }, outForMs: 0 }], signal),
    putBack: () => pool.repool([{ member: { server }, before: null }], signal),
    async state(): Promise<MemberState> {
      const [state] = await pool.state([{ server }], signal);
      if (state === undefined) throw new Error('no state');
      return state;
    },
  };
}

describe('where one HAProxy that has to be told does not ask', () => {
  test('the others are told that a member is out all the same, and it is not confirmed', async () => {
    const { addHaproxy, takeOut, state } = start({ checkers: ['lb1', 'lb2'] });
    const lb1 = addHaproxy('lb1');
    const before = await state();

    const error = await rejection(takeOut());

    expect(before).toMatchObject({ placement: 'in', text: expect.stringContaining('lb2 does not ask') });
    expect(error.message).toContain('HAProxy at lb2 does not ask about app/web_00');
    expect(lb1.isOut).toBe(true);
    expect((await rejection(state())).code).toBe('POOL_UNREACHABLE');
  });

  test('the others have it back, and keep it, until that one asks and has it back too', async () => {
    const { addHaproxy, takeOut, putBack, state } = start({ checkers: ['lb1', 'lb2'] });
    const lb1 = addHaproxy('lb1');
    await rejection(takeOut());

    const error = await rejection(putBack());
    const between = await state();
    await lb1.askTimes(5);
    const wasOut = lb1.isOut;
    const lb2 = addHaproxy('lb2', { isOut: true });
    await putBack();

    expect(error.message).toContain('HAProxy at lb2 does not ask about app/web_00');
    expect(between).toMatchObject({ placement: 'down', text: expect.stringContaining('lb2 does not ask') });
    expect([wasOut, lb1.isOut, lb2.isOut]).toEqual([false, false, false]);
    expect(await state()).toMatchObject({ placement: 'in' });
  });
});

describe('one that asks, and takes no answer,', () => {
  test('keeps a member from being confirmed as back, but not out of the others', async () => {
    const { addHaproxy, takeOut, putBack, state } = start({ checkers: undefined });
    const lb1 = addHaproxy('lb1');
    await takeOut();
    addHaproxy('monitor', { takes: false });

    const error = await rejection(putBack());
    await lb1.askTimes(5);

    expect(error.message).toMatch(/monitor@10\.0\.0\.7 was not told "ready" about app\/web_00 in time.*others/);
    expect(lb1.isOut).toBe(false);
    expect(await state()).toMatchObject({ placement: 'down', text: expect.stringContaining('monitor') });
  });

  test('does not keep it in where it is taken out again after that', async () => {
    const { addHaproxy, takeOut, putBack } = start({ checkers: ['lb1', 'lb2'] });
    const lb1 = addHaproxy('lb1');
    const lb2 = addHaproxy('lb2');
    await takeOut();
    lb2.stopTaking();
    await rejection(putBack());

    const error = await rejection(takeOut());

    expect(error.message).toContain('lb2@10.0.0.7 was not told "drain"');
    expect(lb1.isOut).toBe(true);
  });
});

test('where more ask than can be remembered, nothing is confirmed, for some may not have been told', async () => {
  const { addHaproxy, takeOut } = start({ checkers: undefined });
  const all = Array.from({ length: 1_100 }, (_, index) => addHaproxy(`lb${index}`, { asksByItself: false }));
  for (const haproxy of all) haproxy.ask();
  let turn = 0;
  const asking = setInterval(() => {
    for (let times = 0; times < 20; times++) all[turn++ % 1_090]?.ask();
  }, 1);

  const error = await rejection(takeOut()).finally(() => clearInterval(asking));

  expect(error.message).toMatch(/more than 1,024 ask about app\/web_00/i);
});
