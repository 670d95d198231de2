import { expect, test } from 'vitest';
import { CheckerBook, mostCheckers } from '../../../src/pools/checkers.ts';

test('counts the same answers in a row, for each checker by itself', () => {
  const book = new CheckerBook(0);
  book.note('web:web_00', '10.0.0.7', 'in', 100);
  book.note('web:web_00', '10.0.0.7', 'out', 200);
  book.note('web:web_00', '10.0.0.8', 'out', 250);
  book.note('web:web_00', '10.0.0.7', 'out', 300);

  expect(book.of('web:web_00')).toEqual([
    { address: '10.0.0.8', answer: 'out', times: 1, lastAtMs: 250 },
    { address: '10.0.0.7', answer: 'out', times: 2, lastAtMs: 300 },
  ]);
});

test('keeps processes apart', () => {
  const book = new CheckerBook(0);
  book.note('web:web_00', '10.0.0.7', 'in', 100);

  expect(book.of('web:web_01')).toEqual([]);
});

test('knows an IPv4 checker by its IPv4 address, also on a socket of IPv6', () => {
  const book = new CheckerBook(0);
  book.note('web:web_00', '::ffff:10.0.0.7', 'in', 100);
  book.note('web:web_00', '10.0.0.7', 'in', 200);
  book.note('web:web_00', 'fd00::7', 'in', 300);

  expect(book.of('web:web_00').map(({ address, times }) => [address, times])).toEqual([
    ['10.0.0.7', 2],
    ['fd00::7', 1],
  ]);
});

test('forgets whoever asked longest ago where very many ask, and that it did', () => {
  const book = new CheckerBook(0);
  const addressOf = (host: number) => `10.0.${Math.floor(host / 256)}.${host % 256}`;
  for (let host = 0; host < mostCheckers; host++) book.note('web:web_00', addressOf(host), 'in', host);
  const before = book.forgottenAtMs('web:web_00');
  book.note('web:web_00', addressOf(0), 'in', 2_000);
  book.note('web:web_00', '10.1.0.0', 'in', 2_001);

  const known = book.of('web:web_00').map(({ address }) => address);
  expect(known).toHaveLength(mostCheckers);
  expect(known).toContain('10.0.0.0');
  expect(known).not.toContain('10.0.0.1');
  expect([before, book.forgottenAtMs('web:web_00')]).toEqual([undefined, 1]);
});

test('of what means nothing it remembers less, and what means something stays', () => {
  const isStray = (name: string) => name.startsWith('stray');
  const book = new CheckerBook(0, { strays: { isStray, mostNames: 10, mostCheckers: 2 } });
  for (const host of [1, 2, 3]) book.note('web:web_00', `10.0.0.${host}`, 'in', host);
  for (let name = 0; name < 100; name++) book.note(`stray${name}`, '10.0.0.1', 'in', name);
  for (const host of [1, 2, 3]) book.note('stray99', `10.0.0.${host}`, 'in', 200 + host);

  expect(book.names()).toHaveLength(10);
  expect(book.of('web:web_00')).toHaveLength(3);
  expect(book.of('stray99')).toHaveLength(2);
});
