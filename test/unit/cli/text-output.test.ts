import { expect, test } from 'vitest';
import { textOutput } from '../../../src/cli/text-output.ts';

function terminal(size: { columns?: number; rows?: number }) {
  return textOutput({ fd: 1, isTTY: true, ...size, write: () => true, on: () => {} }, {});
}

test.each([
  ['its own', { columns: 132, rows: 50 }, { columns: 132, rows: 50 }],
  ['80 by 24 where it says 0, as a serial console does', { columns: 0, rows: 0 }, { columns: 80, rows: 24 }],
  ['80 by 24 where it says nothing', {}, { columns: 80, rows: 24 }],
])('the size of a terminal is %s', (_, size, expected) => {
  const { columns, rows } = terminal(size);

  expect({ columns, rows }).toEqual(expected);
});
