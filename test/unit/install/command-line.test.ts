import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ownCommand, quoteForSupervisord, quoteForSystemd } from '../../../src/install/command-line.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary-directory.ts';

/** A machine with a Node and a drainctl, and a folder that may be on PATH. */
function machine(directory: TemporaryDirectory): { node: string; main: string } {
  mkdirSync(directory.file('bin'));
  const files = { node: directory.write('node', ''), main: directory.write('main.js', '') };
  for (const file of Object.values(files)) chmodSync(file, 0o755);
  return files;
}

describe('the command that is written', () => {
  test('is drainctl alone where PATH leads to this one and to its Node', async () => {
    await using directory = temporaryDirectory();
    const program = machine(directory);
    symlinkSync(program.main, directory.file('bin/drainctl'));
    symlinkSync(program.node, directory.file('bin/node'));

    expect(ownCommand(program, `/nowhere:${directory.file('bin')}`)).toEqual(['drainctl']);
  });

  test('names both by their paths where PATH has another Node', async () => {
    await using directory = temporaryDirectory();
    const program = machine(directory);
    symlinkSync(program.main, directory.file('bin/drainctl'));
    chmodSync(directory.write('bin/node', ''), 0o755);

    expect(ownCommand(program, directory.file('bin'))).toEqual([program.node, program.main]);
  });

  test('names both by their paths where PATH has another drainctl', async () => {
    await using directory = temporaryDirectory();
    const program = machine(directory);
    chmodSync(directory.write('bin/drainctl', ''), 0o755);
    symlinkSync(program.node, directory.file('bin/node'));

    expect(ownCommand(program, directory.file('bin'))).toEqual([program.node, program.main]);
  });

  test('names both by their paths where PATH has none, or only what can not be run', async () => {
    await using directory = temporaryDirectory();
    const program = machine(directory);
    chmodSync(program.main, 0o644);
    symlinkSync(program.main, directory.file('bin/drainctl'));
    symlinkSync(program.node, directory.file('bin/node'));

    expect(ownCommand(program, directory.file('bin'))).toEqual([program.node, program.main]);
    expect(ownCommand(program, '')).toEqual([program.node, program.main]);
  });
});

describe('for supervisord', () => {
  test.each([
    [['drainctl', 'listen'], 'drainctl listen'],
    [['drainctl', '--config', '/my file'], "drainctl --config '/my file'"],
    [['/100%'], "'/100%%'"],
    [["/it's"], `'/it'"'"'s'`],
    [['/a ;b'], "'/a '';b'"],
    [['/a#b'], "'/a#b'"],
  ])('%j is %s', (words, text) => {
    expect(quoteForSupervisord(words)).toBe(text);
  });
});

describe('for systemd', () => {
  test.each([
    [['drainctl', 'shutdown'], 'drainctl shutdown'],
    [['drainctl', '--config', '/my file'], 'drainctl --config "/my file"'],
    [['/bin/x', '/100%'], '/bin/x "/100%%"'],
    [['/bin/x', '/a$HOME'], '/bin/x "/a$$HOME"'],
    [['/a$HOME', 'x'], '"/a$HOME" x'],
    [['/bin/x', '/a"b\\c'], '/bin/x "/a\\"b\\\\c"'],
    [['/bin/x', ';'], '/bin/x ";"'],
  ])('%j is %s', (words, text) => {
    expect(quoteForSystemd(words)).toBe(text);
  });
});

test.each(["/it's", '/a"b', '/a\\b'])('systemd takes no program of the name %j: it is refused', (program) => {
  expect(() => quoteForSystemd([program, 'x'])).toThrowError(expect.objectContaining({ code: 'INSTALL_REFUSED' }));
});

test.each([quoteForSupervisord, quoteForSystemd])('%O refuses what neither file can hold', (quote) => {
  expect(() => quote(['/a\nb'])).toThrowError(expect.objectContaining({ code: 'INSTALL_REFUSED' }));
});
