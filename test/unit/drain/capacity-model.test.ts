import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { comesFirst, isEnough, judge, type Reading, worstOf } from '../../../src/drain/capacity.ts';

/**
 * Hosts that restart one server each, step by step as `phases/acquire.ts` does: each look and each change at each
 * address is a step of its own, and the steps of the hosts come in any order.
 */
class Model {
  readonly addresses: readonly Map<string, 'in' | 'out'>[];
  readonly needed: number;
  readonly hosts: readonly Generator<undefined, void>[];
  readonly going = new Set<string>();
  readonly done = new Set<string>();
  waitedInVain = 0;

  constructor(own: readonly string[], peers: readonly string[], needed: number, addresses: number) {
    this.needed = needed;
    this.addresses = Array.from({ length: addresses }, () => new Map([...own, ...peers].map((name) => [name, 'in'])));
    this.hosts = own.map((name) => this.#host(name));
  }

  /** The readings of all addresses, one after another. */
  *#look(own: string): Generator<undefined, Reading[]> {
    const readings: Reading[] = [];
    for (const address of this.addresses) {
      const servers = [...address].map(([name, placement]) => ({
        name,
        placement,
        available: placement === 'in',
        text: placement,
      }));
      readings.push({ own, servers, rule: { minAvailable: { servers: this.needed }, waitMs: 0 } });
      yield;
    }
    return readings;
  }

  /** Gives for each address what was out there already. */
  *#set(own: string, placement: 'in' | 'out'): Generator<undefined, Set<string>[]> {
    const outBefore: Set<string>[] = [];
    for (const address of this.addresses) {
      outBefore.push(new Set([...address].flatMap(([name, standing]) => (standing === 'out' ? [name] : []))));
      address.set(own, placement);
      yield;
    }
    return outBefore;
  }

  /** True where as many go on already as may be missing. */
  #isCommittedFirst(now: readonly Reading[]): boolean {
    const [reading] = now;
    return reading !== undefined && this.going.size >= reading.servers.length - this.needed;
  }

  *#host(own: string): Generator<undefined, void> {
    for (;;) {
      const before = yield* this.#look(own);
      if (!before.every(isEnough)) continue;
      const outBefore = yield* this.#set(own, 'out');
      if (yield* this.#isConfirmed(own, before, outBefore)) break;
      yield* this.#set(own, 'in');
    }
    this.going.add(own);
    yield;
    yield;
    this.going.delete(own);
    yield* this.#set(own, 'in');
    this.done.add(own);
  }

  *#isConfirmed(
    own: string,
    before: readonly Reading[],
    outBefore: readonly Set<string>[],
  ): Generator<undefined, boolean> {
    const isFirst = (other: string) => comesFirst(other, own, outBefore);
    for (let patience = 5; patience > 0; patience -= 1) {
      const now = yield* this.#look(own);
      const verdict = worstOf(before.map((reading, index) => judge(reading, now[index], isFirst)));
      // Nobody waits for one that goes on already.
      if (verdict === 'stay' && this.#isCommittedFirst(now)) this.waitedInVain += 1;
      if (verdict === 'enough') return true;
      if (verdict === 'give way') return false;
    }
    return false;
  }
}

const worlds = fc.record({
  hosts: fc.integer({ min: 2, max: 3 }),
  peers: fc.integer({ min: 0, max: 2 }),
  spare: fc.integer({ min: 1, max: 2 }),
  addresses: fc.integer({ min: 1, max: 3 }),
  schedule: fc.infiniteStream(fc.nat(5)),
});

/** What went wrong when the hosts' steps come in this order; '' where nothing did. */
function play(model: Model, order: Iterable<number>): string {
  const hosts = model.hosts.length;
  const mayBeMissing = (model.addresses[0]?.size ?? 0) - model.needed;
  let steps = 0;
  for (const choice of order) {
    model.hosts[choice % hosts]?.next();
    steps += 1;
    // Those that go on to drain and stop; one that may still give way does no harm.
    if (model.going.size > mayBeMissing) return 'too many were taken';
    if (hosts === 2 && model.waitedInVain > 0) return 'one waited for the other, which went on already';
    if (model.done.size === hosts) return '';
    if (steps > 20_000) return 'one never got its turn';
  }
  return '';
}

describe('hosts that ask in the same moment, their steps in any order', () => {
  test('never take out more than may be missing, and all get their turn', () => {
    fc.assert(
      fc.property(worlds, ({ hosts, peers, spare, addresses, schedule }) => {
        const needed = Math.max(1, hosts + peers - spare);
        const model = new Model(['a', 'b', 'c'].slice(0, hosts), ['p', 'q'].slice(0, peers), needed, addresses);

        expect(play(model, schedule)).toBe('');
      }),
      { numRuns: 3_000 },
    );
  });

  test('the last two are not both taken, in every order of the steps of two hosts', () => {
    const wrong = Array.from({ length: 2 ** 14 }, (_, bits) =>
      Array.from({ length: 14 }, (_, step) => (bits >> step) & 1),
    ).filter((order) => play(new Model(['a', 'b'], [], 1, 1), order) !== '');

    expect(wrong).toEqual([]);
  });
});
