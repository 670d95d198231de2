import { expect, test } from 'vitest';
import { CheckerBook } from '../../../src/pools/checkers.ts';

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

test('forgets whoever asked longest ago where very many ask', () => {
  const book = new CheckerBook(0);
  for (let host = 0; host < 64; host++) book.note('web:web_00', `10.0.0.${host}`, 'in', host);
  book.note('web:web_00', '10.0.0.0', 'in', 100);
  book.note('web:web_00', '10.0.1.0', 'in', 101);

  const known = book.of('web:web_00').map(({ address }) => address);
  expect(known).toHaveLength(64);
  expect(known).toContain('10.0.0.0');
  expect(known).not.toContain('10.0.0.1');
});
