import { describe, expect, test } from 'vitest';
import { registries } from '../../../src/config/load.ts';
import { parseConfig } from '../../../src/config/parse.ts';

const parse = (text: string) =>
  parseConfig('drainctl.yaml', text, { env: {}, registries, readPassword: () => ({ password: 'secret' }) });

const pool = (keys: string) => `pools:\n  lb: { driver: haproxy, ${keys} }\nprograms: {}\n`;

test('a pool may name an agent port in place of addresses', () => {
  expect(parse(pool('agent: "0.0.0.0:9012", checkers: [10.0.0.7, lb2]')).pools.get('lb')?.options).toMatchObject({
    agent: { host: '0.0.0.0', port: 9012 },
    checkers: ['10.0.0.7', 'lb2'],
  });
});

test('an IP address of a checker may be written in any way', () => {
  const { options } =
    parse(pool('agent: "[::]:9012", checkers: ["2001:DB8:0:0::1", "::ffff:10.0.0.7", LB2]')).pools.get('lb') ?? {};
  expect(options).toMatchObject({ checkers: ['2001:db8::1', '10.0.0.7', 'LB2'] });
});

describe('a mistake is', () => {
  test.each([
    ['depool: drain', /:2:.*pools\.lb\.addresses: is missing: name the stats sockets, or `agent`/],
    ['agent: "0.0.0.0:1", addresses: [/a.sock]', /pools\.lb\.agent: goes in place of `addresses`: keep one/],
    ['agent: "9012"', /"9012" is not ADDRESS:PORT; write 0\.0\.0\.0:9012/],
    ['agent: "0.0.0.0:1", maint_after: 5s', /pools\.lb\.maint_after: is for `addresses`.*`depool: maint`/],
    ['agent: "0.0.0.0:1", agent_inter: 9s', /pools\.lb\.agent_inter: from 50ms to 8s/],
    ['agent: "0.0.0.0:1", checkers: []', /pools\.lb\.checkers: name at least one/],
    ['addresses: [/a.sock], checkers: [10.0.0.7]', /pools\.lb\.checkers: is for `agent`/],
    ['addresses: [/a.sock], agent_inter: 1s', /pools\.lb\.agent_inter: is for `agent`/],
    ['addresses: [/a.sock], depool: weight', /pools\.lb\.depool: `weight` is for `agent`/],
    ['agent: "0.0.0.0:1", min_available: 1', /pools\.lb\.min_available: .* only with addresses; name those, or leave/],
  ])('%s', (keys, message) => {
    expect(() => parse(pool(keys))).toThrow(message);
  });

  test('an agent port that two pools have', () => {
    const text = `pools:\n  a: { driver: haproxy, agent: "0.0.0.0:9012" }\n  b: { driver: haproxy, agent: "0.0.0.0:9012" }\nprograms: {}\n`;
    expect(() => parse(text)).toThrow(/:3:.*pools\.b\.agent: is the address of pool "a"; give it another port, or/);
  });

  test("an agent port that is the sidecar's own", () => {
    const text = `sidecar: { http: "0.0.0.0:9012" }\n${pool('agent: "0.0.0.0:9012"')}`;
    expect(() => parse(text)).toThrow(/pools\.lb\.agent: is the address of sidecar\.http; give it another port/);
  });
});
