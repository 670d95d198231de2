import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countBusy } from '../../../src/probes/php-fpm-status/pool-status.ts';
import { fuzz, mutated } from '../../faults/support/fuzz.ts';

const subject = 'php-fpm status';

const mark = 'drainctl=1b4e28ba';
const own = { state: 'Running', 'request uri': `/status?${mark}&json&full` };
const idle = { state: 'Idle', 'request uri': '/status?drainctl=0000&json&full' };
const busy = { state: 'Reading headers', 'request uri': '/index.php?a="b' };

function page(processes: readonly object[], changes: object = {}): string {
  const active = processes.filter((each) => each !== idle).length;
  const numbers = { 'idle processes': processes.length - active, 'active processes': active };
  const whole = { pool: 'www', 'listen queue': 0, ...numbers, 'total processes': processes.length, processes };
  return JSON.stringify({ ...whole, ...changes });
}

function count(text: string): number | undefined {
  try {
    return countBusy(text, mark);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return undefined;
  }
}

describe("php-fpm's status", () => {
  test.each([
    ['the request that asks alone', page([own, idle]), 0],
    ['others at work', page([own, busy, busy, idle]), 2],
    ['all at work where others answer (pm.status_listen)', page([busy, idle]), 1],
    ['nobody in a pool that starts processes on demand', page([]), 0],
    ['what waits in the queue', page([own], { 'listen queue': 4 }), 4],
    ['the higher of the list and the number', page([own, idle, idle], { 'active processes': 3 }), 2],
  ])('counts %s', (_, text, expected) => {
    expect(countBusy(text, mark)).toBe(expected);
  });

  test.each([
    ['HTML', '<html>0</html>', 'as JSON'],
    ['the page without "full"', page([], { processes: undefined }), 'processes'],
    ['a negative queue', page([own], { 'listen queue': -1 }), 'listen queue'],
    ['half a list', page([own], { 'active processes': 5 }), '5 are active'],
    ['another document', '{"active processes":0}', 'wrong or missing: pool'],
    ['the request that asks twice', page([own, own]), 'more than once'],
  ])('%s is none', (_, text, message) => {
    expect(() => countBusy(text, mark)).toThrow(message);
  });
});

const words = ['0', '-', '1', '"', ',', '{', '}', '"Idle"', '"state":', '"active processes":', 'null', mark, '\n'];

fuzz(
  subject,
  'that is damaged never counts fewer than its numbers say',
  fc.property(mutated(fc.constant(page([own, busy, busy, idle], { 'listen queue': 7 })), { words }), (text) => {
    const counted = count(text);
    if (counted === undefined) return;
    // as: what is counted is an object with these two
    const said = JSON.parse(text) as { 'active processes': number; 'listen queue': number };
    expect(counted).toBeGreaterThanOrEqual(said['active processes'] - 1 + said['listen queue']);
  }),
);
