import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isForeign, joinCommands, maxLineBytes, splitAnswers } from '../../../../src/pools/haproxy/answers.ts';

describe('splitAnswers', () => {
  test('gives one answer for each empty line', () => {
    expect(splitAnswers('\nNo such server.\n\n\n1\n# x\n\n')).toEqual(['', 'No such server.', '', '1\n# x']);
  });

  test('drops what was cut off', () => {
    expect(splitAnswers('a\n\nb\n')).toEqual(['a']);
    expect(splitAnswers('a\n\nb')).toEqual(['a']);
  });

  test('does not end a table within a quoted field', () => {
    const table = '# pxname,last_chk,\napp,"bad\n\n""very"" bad",';
    expect(splitAnswers(`${table}\n\n\n`)).toEqual([table, '']);
  });

  test('takes a double quote in a message for nothing special', () => {
    expect(splitAnswers('Unknown command: "frob\n\n\n')).toEqual(['Unknown command: "frob', '']);
  });

  test('gives back what was joined', () => {
    const line = fc.stringMatching(/^[^\n"]+$/);
    const answers = fc.array(fc.array(line).map((lines) => lines.join('\n')));
    const joined = (texts: readonly string[]) => texts.map((text) => (text === '' ? '\n' : `${text}\n\n`)).join('');
    fc.assert(
      fc.property(answers, (texts) => {
        expect(splitAnswers(joined(texts))).toEqual(texts);
      }),
      { numRuns: 2_000 },
    );
  }, 120_000);
});

describe('joinCommands', () => {
  test('keeps all commands in order, in lines that fit', () => {
    const commands = fc.array(fc.string({ minLength: 1, maxLength: 500 }), { maxLength: 100 });
    fc.assert(
      fc.property(commands, (all) => {
        const lines = joinCommands(all);
        expect(lines.flat()).toEqual(all);
        expect(lines.every((line) => Buffer.byteLength(line.join(';')) <= maxLineBytes)).toBe(true);
      }),
    );
  });

  test('puts few commands on one line, and none on none', () => {
    expect(joinCommands(['a', 'b'])).toEqual([['a', 'b']]);
    expect(joinCommands([])).toEqual([]);
  });
});

describe('isForeign', () => {
  test.each([
    ["a web server's answer", 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['a page', '\n<!doctype html>'],
    ['binary data', '\u0016\u0003\u0001\u0000'],
  ])('%s is none of HAProxy', (_, text) => {
    expect(isForeign(text)).toBe(true);
  });

  test.each([
    ['nothing', ''],
    ['a table of states', '1\n# be_id be_name\n'],
    ['a table that holds what a server answered', '# pxname,svname\napp,<html>\u0000,\n'],
    ['a message', 'Permission denied\n\n'],
  ])('%s may be HAProxy', (_, text) => {
    expect(isForeign(text)).toBe(false);
  });
});
