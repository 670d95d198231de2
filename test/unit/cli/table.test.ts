import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printable, printableLines, printTable } from '../../../src/cli/table.ts';
import { textSink } from '../../support/doubles/text-sink.ts';

const header = ['PROCESS', 'STATE', 'WHY'];
const rows = [
  ['web:web_00', 'RUNNING', ''],
  ['job:job', 'STOPPED', 'on hold: heap dump'],
];
const terminal = { columns: 80, rows: 24 };

describe('a table', () => {
  test('for a terminal has a header and aligned columns, without blanks at the ends', () => {
    const output = textSink(terminal);

    printTable(output, header, rows);

    expect(output.text).toMatchInlineSnapshot(`
      "PROCESS     STATE    WHY
      web:web_00  RUNNING
      job:job     STOPPED  on hold: heap dump
      "
    `);
  });

  test('for a pipe has no header, and tabs between the cells', () => {
    const output = textSink();

    printTable(output, header, rows);

    expect(output.text).toBe('web:web_00\tRUNNING\t\njob:job\tSTOPPED\ton hold: heap dump\n');
  });

  test('without rows is its header for a terminal, and nothing for a pipe', () => {
    const [person, pipe] = [textSink(terminal), textSink()];

    printTable(person, header, []);
    printTable(pipe, header, []);

    expect([person.text, pipe.text]).toEqual(['PROCESS  STATE  WHY\n', '']);
  });

  test.each([
    ['a pipe', textSink()],
    ['a terminal', textSink(terminal)],
  ])('for %s keeps what programs say from steering the terminal or breaking a row', (_, output) => {
    printTable(output, ['WHY'], [['\u001b[2Jgone\ttab\nline\u009b31m']]);

    expect(output.text).toContain(' [2Jgone tab line 31m\n');
  });
});

describe('printable', () => {
  test.each([
    ['a\u0000b', 'a b'],
    ['\u001b[31mred\u001b[0m', ' [31mred [0m'],
    ['two\r\nlines', 'two lines'],
    ['café 💥', 'café 💥'],
    ['', ''],
  ])('%j becomes %j', (text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  test('leaves no control character in any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

test('printableLines keeps lines and tabs, and nothing else that steers the terminal', () => {
  expect(printableLines('one\n\n\ttwo\u001b[2J\r\n')).toBe('one\n\n\ttwo [2J \n');
});
