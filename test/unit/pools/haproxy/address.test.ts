import { describe, expect, test } from 'vitest';
import { parseSocketAddress } from '../../../../src/pools/haproxy/address.ts';

describe('parseSocketAddress', () => {
  test.each([
    ['/run/haproxy/admin.sock', { kind: 'unix', label: '/run/haproxy/admin.sock', path: '/run/haproxy/admin.sock' }],
    ['unix:///run/a.sock', { kind: 'unix', label: '/run/a.sock', path: '/run/a.sock' }],
    ['tcp://10.0.0.7:9999', { kind: 'tcp', label: 'tcp://10.0.0.7:9999', host: '10.0.0.7', port: 9999 }],
    [
      'tcp://lb-1.example.net:09999/',
      { kind: 'tcp', label: 'tcp://lb-1.example.net:9999', host: 'lb-1.example.net', port: 9999 },
    ],
    ['tcp://[::1]:9999', { kind: 'tcp', label: 'tcp://[::1]:9999', host: '::1', port: 9999 }],
  ])('%s', (text, address) => {
    expect(parseSocketAddress(text)).toEqual(address);
  });

  test.each([
    '',
    'admin.sock',
    'unix://admin.sock',
    'tcp://host',
    'tcp://host:0',
    'tcp://host:65536',
    'tcp://:1',
    'http://host:80',
  ])('%j is refused', (text) => {
    expect(parseSocketAddress(text)).toBeUndefined();
  });
});
