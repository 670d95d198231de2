import { describe, expect, it } from 'vitest';
import { programFor } from '../../../src/config/match.ts';
import { parseText } from './parse-text.ts';

const patternFor = (patterns: readonly string[], name: string) => {
  const entries = patterns.map((pattern) => `  ${JSON.stringify(pattern)}: {}`).join('\n');
  return programFor(parseText(`programs:\n${entries}\n`), name)?.pattern;
};

describe('programFor', () => {
  it.each([
    ['the process itself before its group', ['web', 'web:web_00', '*'], 'web:web_00', 'web:web_00'],
    ['the group before a glob', ['web:web_0*', 'web'], 'web:web_00', 'web'],
    ['the longest glob', ['w*', 'we*', '*'], 'web:web_00', 'we*'],
    ['the first of equally long globs', ['w*:*0', '*b:*0'], 'web:web_00', 'w*:*0'],
    ['a glob without a colon by the group', ['we?'], 'web:other', 'we?'],
    ['a glob with a colon by both', ['*:web_0[1-3]'], 'web:web_02', '*:web_0[1-3]'],
    ['alternatives', ['{web,api}'], 'api:main', '{web,api}'],
    ['names that start with a dot', ['*'], '.x:.y', '*'],
    ['names with signs that globs use', ['app@1'], 'app@1:main', 'app@1'],
  ])('chooses %s', (_, patterns, name, expected) => {
    expect(patternFor(patterns, name)).toBe(expected);
  });

  it.each([
    ['another group', ['web'], 'website:x'],
    ['a process that only looks like the group', ['web'], 'api:web'],
    ['a glob over other names', ['web:web_0[1-3]'], 'web:web_04'],
  ])('has nothing for %s', (_, patterns, name) => {
    expect(patternFor(patterns, name)).toBeUndefined();
  });
});
