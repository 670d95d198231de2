import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { atPointer, isJsonPointer } from '../../src/json-pointer.ts';

// The document and pointers of RFC 6901, section 5.
const document = JSON.parse(
  '{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\\\j":5,"k\\"l":6," ":7,"m~n":8}',
);

describe('atPointer', () => {
  test.each([
    ['', document],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/i\\j', 5],
    ['/ ', 7],
    ['/m~0n', 8],
  ])('%j', (pointer, value) => {
    expect(atPointer(document, pointer)).toEqual(value);
  });

  test.each([
    '/foo/2',
    '/foo/-',
    '/foo/00',
    '/foo/length',
    '/nothing',
    '/nothing/at/all',
    '/toString',
    '/__proto__',
    '/foo/0/0',
  ])('%j is nowhere', (pointer) => {
    expect(atPointer(document, pointer)).toBeUndefined();
  });

  test('never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, pointer) => {
        atPointer(value, pointer);
      }),
    );
  });
});

describe('isJsonPointer', () => {
  test.each([
    ['', true],
    ['/a/b', true],
    ['/~0~1', true],
    ['a', false],
    ['/~', false],
    ['/~2', false],
  ])('%j: %s', (text, is) => {
    expect(isJsonPointer(text)).toBe(is);
  });
});
