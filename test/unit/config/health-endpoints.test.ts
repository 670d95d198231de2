import { expect, test } from 'vitest';
import { registries } from '../../../src/config/load.ts';
import { parseConfig } from '../../../src/config/parse.ts';

const parse = (text: string) =>
  parseConfig('drainctl.yaml', text, { env: {}, registries, readPassword: () => ({ password: 'secret' }) });

const pool = 'pools:\n  lb:\n    driver: health_endpoint\nprograms: {}\n';

test('a pool that works through the health endpoints needs sidecar.http, and the mistake says so', () => {
  expect(() => parse(pool)).toThrow(
    /:3:13.*pools\.lb\.driver: needs the sidecar's health endpoints; set http of sidecar/,
  );
});

test('it is content with sidecar.http', () => {
  expect(parse(`${pool}sidecar: { http: "127.0.0.1:9011" }\n`).pools.get('lb')?.options).toEqual({
    fall: 3,
    rise: 2,
    settle: 30_000,
    timeout: 5_000,
  });
});

test.each([
  ['checkers: [lb.example]', 'write an IP address, such as 10.0.0.7'],
  ['checkers: []', 'name at least one address'],
  ['fall: 0', 'must be at least 1, not 0'],
])('%s is a mistake', (line, message) => {
  const text = pool.replace('programs', `    ${line}\nprograms`);
  expect(() => parse(`${text}sidecar: { http: "127.0.0.1:9011" }\n`)).toThrow(message);
});
