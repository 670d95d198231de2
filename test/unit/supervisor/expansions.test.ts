import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dependsOnProcess,
  expand,
  expansionValues,
  findExpansionProblems,
  hostValues,
} from '../../../src/supervisor/expansions.ts';

const env = { HOME: '/root', PORT: '80' };
const values = expansionValues({ group: 'web', name: 'web_07' }, env, 'box1');

describe('expand', () => {
  it.each([
    ['app/%(process_name)s', 'app/web_07'],
    ['%(program_name)s %(group_name)s', 'web web'],
    ['%(process_num)d', '7'],
    ['%(process_num)s', '7'],
    ['81%(process_num)02d', '8107'],
    ['%(process_num)4d|', '   7|'],
    ['%(process_num)-4d|', '7   |'],
    ['%(group_name)05s', '  web'],
    ['%(host_node_name)s', 'box1'],
    ['%(ENV_HOME)s/x', '/root/x'],
    ['100%%', '100%'],
    ['%%(process_name)s', '%(process_name)s'],
    ['', ''],
  ])('expands %j as supervisord does', (template, expected) => {
    expect(expand(template, values)).toBe(expected);
  });

  it('does not expand what an expansion brought in', () => {
    const tricky = expansionValues({ group: 'web', name: 'web_07' }, { X: '%(process_name)s' }, 'box1');

    expect(expand('%(ENV_X)s', tricky)).toBe('%(process_name)s');
  });

  it.each([
    ['a name without a number', 'web', '%(process_num)d', 'does not end in a number'],
    ['a number too long to be one', 'web_20260101120000123456', '%(process_num)d', 'does not end in a number'],
    ['an unset variable', 'web_1', '%(ENV_NOPE)s', 'environment variable NOPE is not set'],
    ['a bare percent sign', 'web_1', 'a%20b', '%%'],
  ])('refuses %s', (_, name, template, message) => {
    const some = expansionValues({ group: 'web', name }, env, 'box1');

    expect(() => expand(template, some)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) }),
    );
  });

  it('gives a text without percent signs back as it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes('%'));
        expect(expand(text, values)).toBe(text);
      }),
    );
  });

  it('expands every template that has no problems', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('%', '(', ')', 's', 'd', '02', 'process_num', 'ENV_HOME', 'x', '-')),
        (parts) => {
          const template = parts.join('');
          fc.pre(findExpansionProblems(template, env).length === 0);
          expect(expand(template, values)).toBeTypeOf('string');
        },
      ),
      { numRuns: 10_000 },
    );
  }, 30_000);
});

describe('findExpansionProblems', () => {
  it.each([
    ['%(proces_name)s', '%(proces_name)s', 'did you mean "process_name"'],
    ['a %(x) b', '%(x)', 'not an expansion'],
    ['%(process_name', '%(process_name', 'not an expansion'],
    ['50%', '%', 'not an expansion'],
    ['%(process_num)x', '%(process_num)x', 'not an expansion'],
    ['%(process_name)d', '%(process_name)d', 'write %(process_name)s'],
    ['%(ENV_NOPE)s', '%(ENV_NOPE)s', 'NOPE is not set'],
    ['%(here)s', '%(here)s', 'unknown expansion; known: process_name'],
    ['%()s', '%()s', 'not an expansion'],
  ])('finds what is wrong in %j', (template, source, message) => {
    expect(findExpansionProblems(template, env)).toEqual([{ source, message: expect.stringContaining(message) }]);
  });

  it('finds every problem', () => {
    expect(findExpansionProblems('%(a)s %(process_num)d %(b)s', env)).toHaveLength(2);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => Array.isArray(findExpansionProblems(text, env))));
  });
});

describe('dependsOnProcess', () => {
  it.each([
    ['%(process_num)02d', true],
    ['x %(group_name)s', true],
    ['%(ENV_HOME)s %(host_node_name)s', false],
    ['100%% %%(process_name)s', false],
  ])('of %j is %s', (template, expected) => {
    expect(dependsOnProcess(template)).toBe(expected);
  });
});

describe('hostValues', () => {
  it('leaves out what is not set', () => {
    expect([...hostValues({ A: '1', B: undefined }, 'box')]).toEqual([
      ['host_node_name', 'box'],
      ['ENV_A', '1'],
    ]);
  });
});
