import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseServerStates } from '../../../../src/pools/haproxy/server-state.ts';
import { recordedAnswer } from './fixtures.ts';

const recorded = recordedAnswer('show-servers-state.txt');

describe('parseServerStates', () => {
  test('reads every server that HAProxy 2.6 printed', () => {
    const servers = parseServerStates(recorded);
    expect(servers?.size).toBe(15);
    expect(servers?.get('odd/plain')).toEqual({ adminState: 0, operState: 2, weight: 1 });
    expect(servers?.get('odd/disabled')).toEqual({ adminState: 5, operState: 0, weight: 1 });
    expect(servers?.get('odd/unresolved')).toEqual({ adminState: 32, operState: 0, weight: 1 });
  });

  test('finds columns by name, in whatever version of the format', () => {
    const text = '2\n# srv_uweight be_name new srv_name srv_admin_state srv_op_state\n7 app  web_00 8 2\n# comment';
    expect(parseServerStates(text)).toEqual(new Map([['app/web_00', { adminState: 8, operState: 2, weight: 7 }]]));
  });

  test.each([
    ['nothing', ''],
    ['a message', "Can't find backend."],
    ['no header', '1\n3 app 1 web_00'],
    ['a table without one of the columns', recorded.replace('srv_admin_state', 'srv_state')],
    ['a row that was cut off', `${recorded}\n4 odd 16 web`],
    ['a state that is no number', recorded.replace(' 2 0 1 1 ', ' 2 x 1 1 ')],
  ])('%s is no table', (_, text) => {
    expect(parseServerStates(text)).toBeUndefined();
  });

  test('never throws, and gives whole numbers only', () => {
    const header = recorded.split('\n').slice(0, 2).join('\n');
    const garbage = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((text) => `${header}\n${text}`),
      fc
        .tuple(fc.nat(recorded.length), fc.nat(60), fc.string())
        .map(([at, length, text]) => recorded.slice(0, at) + text + recorded.slice(at + length)),
    );
    fc.assert(
      fc.property(garbage, (text) =>
        [...(parseServerStates(text)?.values() ?? [])]
          .flatMap((state) => Object.values(state))
          .every((value) => Number.isSafeInteger(value) && value >= 0),
      ),
      { numRuns: 10_000 },
    );
  }, 120_000);
});
