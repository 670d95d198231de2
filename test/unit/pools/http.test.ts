import { describe, expect, test } from 'vitest';
import { http } from '../../../src/pools/http.ts';

const url = 'http://127.0.0.1:9901/x';
const member = { name: 'web:web_00', depool: { url }, repool: { url } };

describe('a member of http', () => {
  test('has defaults', () => {
    const state = { url, out: { status: [503] } };
    expect(http.member.parse({ ...member, state })).toMatchObject({
      depool: { method: 'POST', headers: {} },
      state: { method: 'GET', missing: { status: [404] } },
    });
  });

  test.each([
    ['no URL', { depool: {} }],
    ['a path', { depool: { url: '/x' } }],
    ['a strange method', { depool: { url, method: 'GET /' } }],
    ['no status that is expected', { depool: { url, expect: [] } }],
    ['a header that is none', { depool: { url, headers: { 'a b': 'c' } } }],
    ['a state that says nothing of "out"', { state: { url } }],
    ['a pattern without anything', { state: { url, out: {} } }],
    ['a place in the JSON without a value', { state: { url, out: { json: '/state' } } }],
    ['a place that is no pointer', { state: { url, out: { json: 'state', equals: 'x' } } }],
  ])('%s is refused', (_, change) => {
    expect(http.member.safeParse({ ...member, ...change }).success).toBe(false);
  });

  test('is labelled by its name', () => {
    expect(http.label(http.member.parse(member))).toBe('web:web_00');
  });
});

test.each([
  ['two sources', { file: '/a', env: 'B' }],
  ['none', {}],
  ['a relative file', { file: 'a' }],
])('a secret header with %s is refused', (_, source) => {
  expect(http.options.safeParse({ secret_headers: { Authorization: source } }).success).toBe(false);
});
