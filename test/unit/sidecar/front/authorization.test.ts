import { describe, expect, test } from 'vitest';
import { authorizer } from '../../../../src/sidecar/front/authorization.ts';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

test('without credentials everybody is let in', () => {
  expect(authorizer(undefined)(undefined)).toBe(true);
});

describe.each([
  ['in clear', 'päss:word'],
  // printf %s päss:word | sha1sum
  ['as SHA-1', '{SHA}ef0793f7569cbe5cce3319a08f137a4736a0ba42'],
  ['as SHA-1 in capitals', '{SHA}EF0793F7569CBE5CCE3319A08F137A4736A0BA42'],
])('with a password %s', (_, password) => {
  const isAllowed = authorizer({ username: 'admin', password });

  test.each([basic('admin:päss:word'), basic('admin:päss:word').replace('Basic', 'basic ')])(
    '%s is let in',
    (header) => {
      expect(isAllowed(header)).toBe(true);
    },
  );

  test.each([
    undefined,
    '',
    'Basic',
    'Basic !',
    basic(''),
    basic('admin'),
    basic('admin:'),
    basic('admin:päss'),
    basic('Admin:päss:word'),
    basic(`admin:${password}x`),
    basic(':päss:word'),
    basic('admin:päss:word').replace('Basic', 'Digest'),
    basic('admin:päss:word').replace('Basic ', ''),
  ])('%j is not', (header) => {
    expect(isAllowed(header)).toBe(false);
  });
});

test('the hash itself is not the password', () => {
  const password = '{SHA}ef0793f7569cbe5cce3319a08f137a4736a0ba42';

  expect(authorizer({ username: 'admin', password })(basic(`admin:${password}`))).toBe(false);
});
