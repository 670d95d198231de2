import fc from 'fast-check';
import type { RpcValue } from '../../../src/rpc/rpc.ts';

/** Texts with what XML, CDATA and UTF-16 make difficult, but with nothing that XML cannot hold. */
export const text: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 6 }),
      fc.constantFrom(
        '<',
        '>',
        '&',
        ']]>',
        '&amp;',
        '&#65;',
        '<value>',
        '</string>',
        '\n',
        '\t',
        ' ',
        '😀',
        'é',
        '-->',
      ),
    ),
    { maxLength: 4 },
  )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  .map((parts) => parts.join('').replace(/[\u0000-\u0008\u000B-\u001F\uFFFE\uFFFF]|\p{Surrogate}/gu, ''));

const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const double = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value));

/** Any value whose type supervisord uses. */
export const plainValue: fc.Arbitrary<RpcValue> = fc.letrec<{ value: RpcValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    text,
    int,
    double,
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      text.filter((name) => name !== '__proto__'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
})).value;
