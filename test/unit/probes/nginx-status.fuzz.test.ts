import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countBusy } from '../../../src/probes/nginx-status/stub-status.ts';
import { fuzz, mutated } from '../../faults/support/fuzz.ts';

const subject = 'stub_status';

interface Numbers {
  readonly active: number;
  readonly reading: number;
  readonly writing: number;
  readonly waiting: number;
}

function page({ active, reading, writing, waiting }: Numbers): string {
  return `Active connections: ${active} \nserver accepts handled requests\n 41 41 57 \nReading: ${reading} Writing: ${writing} Waiting: ${waiting} \n`;
}

function count(text: string): number | undefined {
  try {
    return countBusy(text, 'busy');
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return undefined;
  }
}

describe('a page of stub_status', () => {
  test.each([
    ['the request that asks alone', { active: 1, reading: 0, writing: 1, waiting: 0 }, 0, 0],
    ['idle connections', { active: 9, reading: 0, writing: 1, waiting: 8 }, 0, 8],
    ['requests at work', { active: 9, reading: 2, writing: 3, waiting: 4 }, 4, 8],
    ['several requests in one connection (HTTP/2)', { active: 2, reading: 0, writing: 8, waiting: 0 }, 7, 1],
    ['connections without a request (stream, handshakes)', { active: 6, reading: 0, writing: 1, waiting: 2 }, 3, 5],
    ['a connection that went idle meanwhile', { active: 2, reading: 1, writing: 1, waiting: 3 }, 1, 1],
  ])('with %s', (_, numbers, busy, active) => {
    expect([countBusy(page(numbers), 'busy'), countBusy(page(numbers), 'active')]).toEqual([busy, active]);
  });

  test.each([
    { active: 0, reading: 0, writing: 1, waiting: 0 },
    { active: 1, reading: 0, writing: 0, waiting: 1 },
  ])('that does not count the request that asks is none: %j', (numbers) => {
    expect(() => countBusy(page(numbers), 'busy')).toThrow('does not count the request');
  });

  test.each(['', '0', '404 Not Found', '<html>Active connections: 1</html>'])('%j is none', (text) => {
    expect(() => countBusy(text, 'busy')).toThrow('no page of stub_status');
  });
});

const good = page({ active: 9, reading: 2, writing: 3, waiting: 4 });
const words = [
  '0',
  '1',
  '-',
  '.',
  ' ',
  '\n',
  'Reading: ',
  'Writing: ',
  'Waiting: ',
  'Active connections: ',
  'NaN',
  '<p>',
];

fuzz(
  subject,
  'that is damaged is refused, or counts what it still says',
  fc.property(mutated(fc.constant(good), { words }), (text) => {
    const busy = count(text);
    if (busy === undefined) return;
    const [active = 0, , , , reading = 0, writing = 0, waiting = 0] = (text.match(/\d+/g) ?? []).map(Number);
    expect(busy).toBe(Math.max(reading + writing, active - waiting) - 1);
    expect(text.replaceAll(/\d+/g, 'N')).toBe(good.replaceAll(/\d+/g, 'N'));
  }),
);
