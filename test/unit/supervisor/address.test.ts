import { expect, test } from 'vitest';
import { findSupervisor, usualSockets } from '../../../src/supervisor/address.ts';

const nothing = { url: undefined, username: undefined, password: undefined };
const env = { SUPERVISOR_SERVER_URL: 'unix:///run/from-environment.sock' };
const everywhere = () => true;
const nowhere = () => false;

test('the configured url is taken before all others', () => {
  expect(findSupervisor({ ...nothing, url: 'http://a:9001' }, env, everywhere)).toStrictEqual({
    endpoint: { url: 'http://a:9001' },
    source: 'configuration',
  });
});

test("the environment's is taken before a usual socket", () => {
  expect(findSupervisor(nothing, env, everywhere)).toStrictEqual({
    endpoint: { url: 'unix:///run/from-environment.sock' },
    source: 'environment',
  });
});

test('an empty one in the environment is none', () => {
  expect(findSupervisor(nothing, { SUPERVISOR_SERVER_URL: '' }, everywhere).source).toBe('usual socket');
});

test.each(usualSockets)('%s is found', (socket) => {
  expect(findSupervisor(nothing, {}, (path) => path === socket)).toStrictEqual({
    endpoint: { url: `unix://${socket}` },
    source: 'usual socket',
  });
});

test('the socket in /tmp, which anybody can make, comes last', () => {
  expect(usualSockets.at(-1)).toBe('/tmp/supervisor.sock');
});

test("supervisorctl's default is left where there is no socket", () => {
  expect(findSupervisor(nothing, {}, nowhere)).toStrictEqual({
    endpoint: { url: 'http://localhost:9001' },
    source: 'default',
  });
});

test('user name and password go with whatever url was found', () => {
  const { endpoint } = findSupervisor({ url: undefined, username: 'admin', password: 'secret' }, env, nowhere);
  expect(endpoint).toStrictEqual({ url: env.SUPERVISOR_SERVER_URL, username: 'admin', password: 'secret' });
});
