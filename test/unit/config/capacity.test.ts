import { describe, expect, test } from 'vitest';
import { registries } from '../../../src/config/load.ts';
import { parseConfig } from '../../../src/config/parse.ts';

const parse = (pool: string) =>
  parseConfig('drainctl.yaml', `pools:\n  lb: {${pool}}\n`, {
    env: {},
    registries,
    readPassword: () => ({ password: '' }),
  });

const haproxy = 'driver: haproxy, addresses: [/run/haproxy.sock]';

describe('the capacity of a pool', () => {
  test.each([
    ['a number', 'min_available: 2', { minAvailable: { servers: 2 }, waitMs: 60_000 }],
    ['a percentage', 'min_available: "50%", capacity_wait: 0s', { minAvailable: { percent: 50 }, waitMs: 0 }],
    ['a wait alone', 'capacity_wait: 5m', undefined],
  ])('may be %s', (_, keys, capacity) => {
    expect(parse(`${haproxy}, ${keys}`).pools.get('lb')?.capacity).toEqual(capacity);
  });

  test('is nothing that the driver sees', () => {
    expect(parse(`${haproxy}, min_available: 2`).pools.get('lb')?.options).not.toHaveProperty('min_available');
  });

  test.each([
    ['nothing', '0', 'must be at least 1, not 0'],
    ['half a server', '1.5', 'must be'],
    ['all servers', '"100%"', 'must be a whole number, or a percentage from "1%" to "99%"'],
    ['no percentage', '"0%"', 'must be a whole number, or a percentage'],
    ['a number in quotes', '"2"', 'must be a whole number, or a percentage'],
    ['a list', '[2]', 'must be a number or text, not a list'],
  ])('is not %s', (_, value, message) => {
    expect(() => parse(`${haproxy}, min_available: ${value}`)).toThrow(
      new RegExp(`drainctl\\.yaml:2:\\d+: pools\\.lb\\.min_available: ${message}`),
    );
  });

  test.each(['min_available: 2', 'capacity_wait: 1m'])('is a mistake where the driver can not count it: %s', (key) => {
    expect(() => parse(`driver: consul, ${key}`)).toThrow(
      /drainctl\.yaml:2:24: pools\.lb\.\w+: driver "consul" can't count how many others are available; leave this key out/,
    );
  });

  test('that is misspelt is told', () => {
    expect(() => parse(`${haproxy}, min_availible: 2`)).toThrow('did you mean "min_available"?');
  });
});
