import { expect, test } from 'vitest';
import { OwnHand } from '../../../src/pools/own-hand.ts';

const handWith = (takenOutAtMs: number | undefined) => new OwnHand('http', { takenOutAt: () => takenOutAtMs });
const failing = async () => {
  throw new Error('no answer');
};

test('a member that the journal does not have is in', () => {
  expect(handWith(undefined).isOut('web_00')).toBe(false);
});

test('one that the journal has is out', () => {
  expect(handWith(1).isOut('web_00')).toBe(true);
});

test('one whose change is under way is in', async () => {
  const hand = handWith(1);
  const seen: boolean[] = [];
  await hand.takeOut('web_00', async () => void seen.push(hand.isOut('web_00')));
  expect([...seen, hand.isOut('web_00')]).toEqual([false, true]);
});

test.each(['takeOut', 'putBack'] as const)('one where %s failed is in', async (change) => {
  const hand = handWith(1);
  await hand[change]('web_00', failing).catch(() => {});
  expect(hand.isOut('web_00')).toBe(false);
});

test('one that another drainctl has taken out since is out', async () => {
  let takenOutAtMs = 1;
  const hand = new OwnHand('http', { takenOutAt: () => takenOutAtMs });
  await hand.takeOut('web_00', failing).catch(() => {});
  takenOutAtMs = Date.now() + 1_000;
  expect(hand.isOut('web_00')).toBe(true);
});
