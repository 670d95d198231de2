import { describe, expect, test } from 'vitest';
import { addressText, isAddressOrNetwork, networkMatcher } from '../../../../src/probes/tcp/remote-address.ts';

describe('addressText', () => {
  test.each([
    ['0100007F', 'LE', '127.0.0.1'],
    ['7F000001', 'BE', '127.0.0.1'],
    ['0000000000000000FFFF00000100007F', 'LE', '127.0.0.1'],
    ['00000000000000000000FFFF7F000001', 'BE', '127.0.0.1'],
    ['00000000000000000000000001000000', 'LE', '0:0:0:0:0:0:0:1'],
    ['B80D01200000000067452301EFCDAB89', 'LE', '2001:db8:0:0:123:4567:89ab:cdef'],
  ] as const)('%s, %s', (hex, order, text) => {
    expect(addressText(hex, order)).toBe(text);
  });
});

describe('isAddressOrNetwork', () => {
  test.each(['10.0.0.7', '10.0.0.0/8', '0.0.0.0/0', '::1', 'fd00::/8', 'fd00::/128'])('%s is', (text) => {
    expect(isAddressOrNetwork(text)).toBe(true);
  });

  test.each([
    '',
    'localhost',
    '10.0.0',
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0.0/',
    '/8',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    'fe80::1%eth0',
    '::ffff:10.0.0.7',
  ])('%j is not', (text) => {
    expect(isAddressOrNetwork(text)).toBe(false);
  });
});

describe('networkMatcher', () => {
  // 127.0.0.1, the same within IPv6, and ::1, as a little-endian kernel writes them.
  const [ipv4, mapped, ipv6] = ['0100007F', '0000000000000000FFFF00000100007F', `${'0'.repeat(24)}01000000`] as const;

  test.each([
    [['127.0.0.1'], [true, true, false]],
    [['127.0.0.0/8'], [true, true, false]],
    [['::1'], [false, false, true]],
    [['::/0'], [false, false, true]],
    [['0.0.0.0/0'], [true, true, false]],
    [
      ['10.0.0.0/8', '127.0.0.1', '::1'],
      [true, true, true],
    ],
    [[], [false, false, false]],
  ])('of %j', (networks, expected) => {
    expect([ipv4, mapped, ipv6].map(networkMatcher(networks))).toEqual(expected);
  });
});
