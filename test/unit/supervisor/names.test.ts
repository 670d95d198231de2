import { describe, expect, it } from 'vitest';
import { selectProcesses } from '../../../src/supervisor/names.ts';

const processes = ['web:web_00', 'web:web_01', 'worker:worker', 'api:main', 'api:admin'].map((fullName) => {
  const [group = '', name = ''] = fullName.split(':');
  return { fullName, group, name };
});
const select = (...patterns: string[]) => selectProcesses(patterns, processes).map((process) => process.fullName);

describe('selectProcesses', () => {
  it.each([
    ['one process', ['web:web_01'], ['web:web_01']],
    ['a group', ['web:*'], ['web:web_00', 'web:web_01']],
    ['a group with nothing after its colon', ['api:'], ['api:main', 'api:admin']],
    ['a process that is named as its group', ['worker'], ['worker:worker']],
    ['all', ['all'], processes.map((process) => process.fullName)],
    ['nothing', [], []],
    [
      "several, in supervisord's order and each once",
      ['api:main', 'web:*', 'web:web_00'],
      ['web:web_00', 'web:web_01', 'api:main'],
    ],
  ])('chooses %s', (_, patterns, expected) => {
    expect(select(...patterns)).toEqual(expected);
  });

  it('chooses nothing of an empty supervisord by "all"', () => {
    expect(selectProcesses(['all'], [])).toEqual([]);
  });

  it.each([
    ['a misspelt process', 'web:web_0', 'did you mean "web:web_00"'],
    ['a misspelt group', 'wbe:*', 'did you mean "web:*"'],
    ['a misspelt name', 'workr', 'did you mean "worker"'],
    ['a group of several', 'web', 'write "web:*"'],
    ['a process without its group', 'admin', 'did you mean "api:admin"'],
    ['nothing like it', 'database', 'group "database".'],
  ])('refuses %s and says what was meant', (_, pattern, message) => {
    expect(() => select(pattern)).toThrow(
      expect.objectContaining({ code: 'NO_SUCH_PROCESS', message: expect.stringContaining(message) }),
    );
  });

  it('names every pattern that matches nothing', () => {
    expect(() => select('nope', 'worker', 'nil')).toThrow(
      expect.objectContaining({ details: { names: ['nope', 'nil'] } }),
    );
  });
});
