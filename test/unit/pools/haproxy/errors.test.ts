import { describe, expect, test } from 'vitest';
import { parseSocketAddress } from '../../../../src/pools/haproxy/address.ts';
import { cutShort, refusal, timedOut, unreachable } from '../../../../src/pools/haproxy/errors.ts';

const address = parseSocketAddress('/run/haproxy/admin.sock') ?? failToParse();

function failToParse(): never {
  throw new Error('not an address');
}

function failed(member: string, text: string) {
  return { member, command: `set server ${member} state drain`, text };
}

describe('unreachable', () => {
  test.each([
    ['EACCES', 'permission denied', 'group GROUP level admin'],
    ['ENOENT', 'there is no such socket', 'stats socket'],
    ['ECONNREFUSED', 'nobody listens there', 'stats socket'],
    ['ENOTFOUND', 'the host name is unknown', 'DNS'],
    ['ECONNRESET', 'closed the connection at once', 'stats maxconn'],
    ['EHOSTUNREACH', 'no route', 'stats socket'],
  ])('%s says why and what to do', (code, reason, hint) => {
    const error = unreachable(address, Object.assign(new Error('no route'), { code }));
    expect(error).toMatchObject({
      code: 'POOL_UNREACHABLE',
      details: { address: '/run/haproxy/admin.sock', errno: code },
    });
    expect(error.message).toContain(reason);
    expect(error.hint).toContain(hint);
  });

  test('leaves an error of ours as it is', () => {
    const error = timedOut(address, 2_000);
    expect(unreachable(address, error)).toBe(error);
  });
});

describe('refusal', () => {
  test('is none where nothing failed', () => {
    expect(refusal(address, [], ['app/web_00'])).toBeUndefined();
  });

  test('says what was refused, why, and what state things are in', () => {
    expect(refusal(address, [failed('app/web_00', 'Permission denied')], ['app/web_01'])?.message).toBe(
      'HAProxy at /run/haproxy/admin.sock refused "set server app/web_00 state drain": Permission denied. ' +
        'Left as it was: app/web_00. Done all the same: app/web_01.',
    );
  });

  test('is POOL_MEMBER_MISSING only where all that failed are missing', () => {
    const missing = failed('app/web_00', 'No such server.');
    expect(refusal(address, [missing], [])?.code).toBe('POOL_MEMBER_MISSING');
    expect(refusal(address, [missing, failed('app/web_01', 'Permission denied')], [])?.code).toBe('POOL_REFUSED');
  });
});

test('a long answer is cut in messages', () => {
  expect(cutShort(address, 'x'.repeat(5_000)).details['answer']).toHaveLength(201);
});

test('what a terminal would act on is not in messages', () => {
  expect(cutShort(address, '\u001b[2Jhidden\u0007').details['answer']).toBe('[2Jhidden');
});
