import { expect, test } from 'vitest';
import { parseEndpoint } from '../../../src/rpc/endpoint.ts';

test('a Unix socket', () => {
  expect(parseEndpoint({ url: 'unix:///run/a b%20.sock' })).toStrictEqual({
    shown: 'unix:///run/a b%20.sock',
    connection: { socketPath: '/run/a b%20.sock' },
    path: '/RPC2',
    authorization: undefined,
  });
});

test.each([
  ['http://localhost:9001', { host: 'localhost', port: 9001 }, '/RPC2'],
  ['http://10.0.0.1', { host: '10.0.0.1', port: 80 }, '/RPC2'],
  ['http://[::1]:9001/RPC2', { host: '::1', port: 9001 }, '/RPC2'],
  ['http://proxy/supervisor/RPC2', { host: 'proxy', port: 80 }, '/supervisor/RPC2'],
])('%s', (url, connection, path) => {
  expect(parseEndpoint({ url })).toMatchObject({ connection, path });
});

test('user name and password become a Basic authorization, in UTF-8', () => {
  const { authorization } = parseEndpoint({ url: 'unix:///s', username: 'admin', password: 'pässwörd:1' });
  expect(authorization).toBe(`Basic ${Buffer.from('admin:pässwörd:1').toString('base64')}`);
});

test('those in the url are used, and not shown', () => {
  const target = parseEndpoint({ url: 'http://admin:s%40cret@localhost:9001' });
  expect(target.authorization).toBe(`Basic ${Buffer.from('admin:s@cret').toString('base64')}`);
  expect(target.shown).toBe('http://localhost:9001');
});

test.each([
  '',
  'localhost:9001',
  '/run/supervisor.sock',
  'unix://relative.sock',
  'https://localhost',
  'http://u:secret@h:99999',
])('"%s" is refused, with no password in the message', (url) => {
  const parse = () => parseEndpoint({ url });
  expect(parse).toThrowError(
    expect.objectContaining({ code: 'RPC_UNREACHABLE', message: expect.not.stringContaining('secret') }),
  );
});
