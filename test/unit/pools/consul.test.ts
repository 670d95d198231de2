import { describe, expect, test } from 'vitest';
import { parseAgentAddress } from '../../../src/pools/consul/address.ts';
import { consul } from '../../../src/pools/consul.ts';
import { noServices } from '../../support/doubles/driver-surroundings.ts';

describe('options of consul', () => {
  test('default to the local agent', () => {
    const pools = consul.open(consul.options.parse({}), noServices);
    expect(pools.map(({ address, settleMs, counts }) => [address, settleMs, counts])).toEqual([
      ['http://127.0.0.1:8500', 5_000, false],
    ]);
  });

  test.each([
    ['no address', { addresses: [] }],
    ['one address in two spellings', { addresses: ['http://a:8500', 'http://a:8500/'] }],
    ['a relative token file', { token_file: 'token' }],
    ['a certificate without its key', { tls: { cert_file: '/c.pem' } }],
  ])('refuse %s', (_, options) => {
    expect(consul.options.safeParse(options).success).toBe(false);
  });
});

describe('the address of an agent', () => {
  test.each([
    ['http://127.0.0.1:8500', 'http://127.0.0.1:8500', undefined],
    ['https://consul.example:8501/', 'https://consul.example:8501', undefined],
    ['unix:///run/consul.sock', 'unix:///run/consul.sock', '/run/consul.sock'],
  ])('%s is taken', (text, label, socketPath) => {
    expect(parseAgentAddress(text)).toMatchObject({ label, socketPath });
  });

  test.each([
    '127.0.0.1:8500',
    'unix://',
    'http://me:secret@a:8500',
    'http://a:8500/v1',
    'http://a?token=x',
    'tcp://a:1',
  ])('%s is refused', (text) => {
    expect(parseAgentAddress(text)).toBeUndefined();
  });
});

test('a member is labelled by its service, or as the node', () => {
  expect([consul.label({ service: 'web_00' }), consul.label({})]).toEqual(['web_00', 'node']);
});
