import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isDrainctlError } from '../../../src/errors.ts';
import type { MemberState, Pool } from '../../../src/pools/pool.ts';
import { waitFor } from '../wait-for.ts';

/** What the suite needs of a driver's real server. */
export interface PoolWorld<Member extends object> {
  /** At least three that get work. */
  readonly members: readonly [Member, Member, Member, ...Member[]];
  /** One that the pool does not know. Absent where there is none: a flag file that is not there says something too. */
  readonly unknown?: Member;
  /** A new {@link Pool} on the one address. */
  open(): Pool<Member>;
  /** The same driver on an address where nobody listens. Absent where this machine can't have one (a disk that is gone). */
  openUnreachable?(): Pool<Member>;
  /** The same driver on an address that takes connections and never answers; its time-out is `hangMs`. Absent likewise. */
  openHanging?(): Pool<Member>;
  readonly hangMs: number;
  /** What an operator would do by hand, in each way there is. */
  readonly operatorActions: Readonly<Record<string, (member: Member) => Promise<void>>>;
  /** Makes all members get work again. */
  reset(): Promise<void>;
  /** Gives a member that much work, which lasts until {@link release}. Where the pool counts. */
  hold?(member: Member, count: number): Promise<void>;
  release?(): Promise<void>;
}

/** What every pool driver promises (`src/pools/pool.ts`), held against a real server. */
export function describePool<Member extends object>(name: string, setUp: () => Promise<PoolWorld<Member>>): void {
  describe(`pool ${name}`, () => {
    let world: PoolWorld<Member>;
    let pool: Pool<Member>;
    const { signal } = new AbortController();

    beforeAll(async () => {
      world = await setUp();
    });
    beforeEach(async () => {
      await world.reset();
      pool = world.open();
    });
    afterEach(() => pool.close?.());

    async function stateOf(member: Member): Promise<MemberState> {
      const [state] = await pool.state([member], signal);
      if (state === undefined) throw new Error('state() gave nothing');
      return state;
    }
    const takeOut = (member: Member) => pool.depool([{ member, outForMs: 0 }], signal);

    test('a member that gets work is "in"', async () => {
      expect((await stateOf(world.members[0])).placement).toBe('in');
    });

    test('a member that was taken out is "out", and only that one', async () => {
      await takeOut(world.members[0]);
      const states = await pool.state(world.members, signal);
      expect(states.map(({ placement }) => placement)).toEqual(['out', ...world.members.slice(1).map(() => 'in')]);
    });

    test('one that was taken out is not among the available servers of its group, at once', async ({ skip }) => {
      const { capacity } = pool;
      if (capacity === undefined) return skip('this pool does not know of other servers');
      const available = async () => {
        const [servers = []] = await capacity.servers([world.members[1]], signal);
        return world.members
          .slice(0, 3)
          .map((member) => servers.find(({ name }) => name === capacity.nameOf(member))?.available);
      };
      expect(await available()).toEqual([true, true, true]);
      await takeOut(world.members[0]);
      expect(await available()).toEqual([false, true, true]);
    });

    test('a member that was put back is as it was before', async () => {
      const before = await stateOf(world.members[0]);
      await takeOut(world.members[0]);
      await pool.repool([{ member: world.members[0], before: before.before }], signal);
      expect(await stateOf(world.members[0])).toEqual(before);
    });

    test('`before` survives the journal', async () => {
      const before = await stateOf(world.members[0]);
      await takeOut(world.members[0]);
      await pool.repool([{ member: world.members[0], before: JSON.parse(JSON.stringify(before.before)) }], signal);
      expect((await stateOf(world.members[0])).placement).toBe('in');
    });

    test('taking out twice is the same as once', async () => {
      const { before } = await stateOf(world.members[0]);
      await takeOut(world.members[0]);
      await takeOut(world.members[0]);
      expect((await stateOf(world.members[0])).placement).toBe('out');
      await pool.repool([{ member: world.members[0], before }], signal);
      expect((await stateOf(world.members[0])).placement).toBe('in');
    });

    test('putting back twice is the same as once', async () => {
      const { before } = await stateOf(world.members[0]);
      await takeOut(world.members[0]);
      await pool.repool([{ member: world.members[0], before }], signal);
      await pool.repool([{ member: world.members[0], before }], signal);
      expect((await stateOf(world.members[0])).placement).toBe('in');
    });

    test('putting back what was never taken out changes nothing', async () => {
      const before = await stateOf(world.members[0]);
      await pool.repool([{ member: world.members[0], before: before.before }], signal);
      expect(await stateOf(world.members[0])).toEqual(before);
    });

    test('another pool object, as after a crash, can put back', async () => {
      const { before } = await stateOf(world.members[0]);
      await takeOut(world.members[0]);
      const later = world.open();
      await later.repool([{ member: world.members[0], before }], signal);
      later.close?.();
      expect((await stateOf(world.members[0])).placement).toBe('in');
    });

    test("what an operator took out stays out, in the operator's way", async () => {
      for (const [action, act] of Object.entries(world.operatorActions)) {
        await world.reset();
        await act(world.members[0]);
        const before = await stateOf(world.members[0]);
        expect(before.placement, action).toBe('out');
        await takeOut(world.members[0]);
        expect(await stateOf(world.members[0]), `${action}, taken out`).toEqual(before);
        await pool.repool([{ member: world.members[0], before: before.before }], signal);
        expect(await stateOf(world.members[0]), `${action}, put back`).toEqual(before);
      }
    });

    test('many members go in one call, and the answers come in the order asked', async () => {
      const [first, second, third] = world.members;
      await pool.depool(
        [third, first].map((member) => ({ member, outForMs: 0 })),
        signal,
      );
      const { unknown } = world;
      const asked = unknown === undefined ? [third, second, first] : [third, unknown, second, first];
      const states = await pool.state(asked, signal);
      const missing = unknown === undefined ? [] : ['missing'];
      expect(states.map(({ placement }) => placement)).toEqual(['out', ...missing, 'in', 'out']);
    });

    test('an unknown member is "missing", an answer and not an error', async ({ skip }) => {
      if (world.unknown === undefined) return skip('this pool knows every member');
      expect((await stateOf(world.unknown)).placement).toBe('missing');
    });

    test('taking out an unknown member is an error, and the others are taken out all the same', async ({ skip }) => {
      const { unknown } = world;
      if (unknown === undefined) return skip('this pool knows every member');
      const error = await rejection(
        pool.depool(
          [unknown, world.members[0]].map((member) => ({ member, outForMs: 0 })),
          signal,
        ),
      );
      expect(isDrainctlError(error, 'POOL_MEMBER_MISSING') && error.hint).toBeTruthy();
      expect((await stateOf(world.members[0])).placement).toBe('out');
    });

    test('a check of an address that does its work finds nothing, and changes nothing', async ({ skip }) => {
      if (pool.check === undefined) return skip('this pool has nothing to check');
      const before = await pool.state(world.members, signal);
      expect(await pool.check(world.members, signal)).toEqual([]);
      expect(await pool.state(world.members, signal)).toEqual(before);
    });

    test('an aborted signal rejects at once with its reason', async () => {
      const reason = new Error('cancelled');
      const aborted = AbortSignal.abort(reason);
      const member = world.members[0];
      expect(await rejection(pool.state([member], aborted))).toBe(reason);
      expect(await rejection(pool.depool([{ member, outForMs: 0 }], aborted))).toBe(reason);
      expect(await rejection(pool.repool([{ member, before: null }], aborted))).toBe(reason);
    });

    test('an abort while the pool hangs rejects at once with its reason', async ({ skip }) => {
      if (world.openHanging === undefined) return skip('this machine can have no such address');
      const reason = new Error('cancelled');
      const controller = new AbortController();
      const answer = rejection(world.openHanging().state([world.members[0]], controller.signal));
      // Timers that are due at once fire in their order: however late this one is, it comes before the time-out.
      setTimeout(() => controller.abort(reason), 1);
      expect(await answer).toBe(reason);
    });

    test('a pool that is not there is POOL_UNREACHABLE, at once', async ({ skip }) => {
      if (world.openUnreachable === undefined) return skip('this machine can have no such address');
      const error = await rejection(world.openUnreachable().state([world.members[0]], signal));
      expect(isDrainctlError(error, 'POOL_UNREACHABLE') && error.hint).toBeTruthy();
      expect(String(error), 'its time was up').not.toMatch(/answer within/);
    });

    test('a pool that hangs is POOL_UNREACHABLE when its time is up', async ({ skip }) => {
      if (world.openHanging === undefined) return skip('this machine can have no such address');
      const startedAt = performance.now();
      const error = await rejection(world.openHanging().state([world.members[0]], signal));
      expect(isDrainctlError(error, 'POOL_UNREACHABLE')).toBe(true);
      expect(performance.now() - startedAt).toBeLessThan(world.hangMs + 10_000);
    });

    test('what is in flight is counted truly: none, one, many, none; out or in', async ({ skip }) => {
      const { hold, release } = world;
      if (!pool.counts || hold === undefined || release === undefined) return skip('this pool does not count');
      const [member, other] = world.members;
      const inFlight = async (of: Member) => (await stateOf(of)).inFlight;
      expect(await inFlight(member)).toBe(0);
      await hold(member, 1);
      expect(await inFlight(member)).toBe(1);
      await hold(member, 24);
      await takeOut(member);
      expect(await inFlight(member)).toBe(25);
      expect(await inFlight(other)).toBe(0);
      await release();
      await waitFor(async () => (await inFlight(member)) === 0, { what: 'nothing in flight' });
    });
  });
}

/** What a promise rejects with; undefined when it does not. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
