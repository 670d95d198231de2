import { mkdirSync, symlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isSidecarUrl } from '../../../src/config/own-address.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const listen = (host: string) => ({ socket: '/run/drainctl.sock', listen: { host, port: 9002 } });

test.each([
  ['unix:///run/drainctl.sock', listen('127.0.0.1')],
  ['unix:///run/../run/drainctl.sock', listen('127.0.0.1')],
  ['http://127.0.0.1:9002', listen('127.0.0.1')],
  ['http://localhost:9002/RPC2', listen('0.0.0.0')],
  ['http://[::1]:9002', listen('::')],
  ['http://10.0.0.7:9002', listen('10.0.0.7')],
])('%s is the address of a sidecar at %j', (url, sidecar) => {
  expect(isSidecarUrl(url, sidecar)).toBe(true);
});

test.each([
  ['unix:///run/supervisor.sock', listen('127.0.0.1')],
  ['http://127.0.0.1:9001', listen('127.0.0.1')],
  ['http://10.0.0.8:9002', listen('10.0.0.7')],
  ['http://127.0.0.1:9002', { socket: '/run/drainctl.sock', listen: undefined }],
])('%s is not that of one at %j', (url, sidecar) => {
  expect(isSidecarUrl(url, sidecar)).toBe(false);
});

test('a path through a symbolic link is the same socket', () => {
  const directory = temporaryDirectory();
  mkdirSync(directory.file('run'));
  symlinkSync(directory.file('run'), directory.file('var'));

  const url = `unix://${directory.file('var')}/d.sock`;

  expect(isSidecarUrl(url, { socket: `${directory.file('run')}/d.sock`, listen: undefined })).toBe(true);
});
