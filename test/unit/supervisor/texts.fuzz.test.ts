import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isDrainctlError } from '../../../src/errors.ts';
import { expand, expansionValues, findExpansionProblems } from '../../../src/supervisor/expansions.ts';
import { parseIni } from '../../../src/supervisor/ini.ts';
import { cpuMs, fuzz, linearLimitMs, mutated } from '../../faults/support/fuzz.ts';

const env = { HOME: '/root' };

/** One part of a template, and what Python's `%` makes of it for web:web_07 on box1. */
const part = fc.oneof(
  fc
    .string()
    .map((text) => text.replaceAll('%', ''))
    .map((text) => [text, text] as const),
  fc.constantFrom(
    ['%%', '%'] as const,
    ['%(process_name)s', 'web_07'] as const,
    ['%(group_name)s', 'web'] as const,
    ['%(host_node_name)s', 'box1'] as const,
    ['%(ENV_HOME)s', '/root'] as const,
    ['%(process_num)s', '7'] as const,
  ),
  fc.nat(20).map((width) => [`%(process_num)0${width}d`, '7'.padStart(width, '0')] as const),
  fc.nat(20).map((width) => [`%(process_num)${width}d`, '7'.padStart(width)] as const),
  fc.integer({ min: 1, max: 20 }).map((width) => [`%(group_name)-${width}s`, 'web'.padEnd(width)] as const),
);

fuzz(
  'expansions',
  'come out as Python has them',
  fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
    const values = expansionValues({ group: 'web', name: 'web_07' }, env, 'box1');

    expect(expand(parts.map(([template]) => template).join(''), values)).toBe(parts.map(([, text]) => text).join(''));
  }),
);

const templates = fc.constantFrom(
  'app/%(process_name)s',
  'http://127.0.0.1:81%(process_num)02d/',
  '100%% of %(ENV_HOME)s',
);

fuzz(
  'expansions',
  'that are damaged are CONFIG_INVALID exactly where a problem was found before',
  fc.property(
    mutated(templates, { words: ['%', '%(', ')s', ')d', '(', '%%', 'ENV_', '999', '%(x)s', '%(process_num)-09d'] }),
    (template) => {
      const values = expansionValues({ group: 'web', name: 'web_07' }, env, 'box1');
      const problems = findExpansionProblems(template, env);
      const outcome = (() => {
        try {
          return expand(template, values);
        } catch (error) {
          return isDrainctlError(error, 'CONFIG_INVALID') ? error : Promise.reject(error);
        }
      })();

      expect(typeof outcome === 'string').toBe(problems.length === 0);
      for (const { source, message } of problems)
        expect([template.includes(source), message !== '']).toEqual([true, true]);
    },
  ),
);

const keyText = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
const valueText = fc.stringMatching(/^[^\s;#]([^\s;#]{0,6} ?[^\s;#]{1,4})?$/);

fuzz(
  "supervisord's configuration",
  'gives back any sections and keys, with their lines',
  fc.property(
    fc.uniqueArray(
      fc.tuple(
        fc.stringMatching(/^[a-z:_-]{1,10}$/),
        fc.uniqueArray(fc.tuple(keyText, valueText), { selector: ([key]) => key, maxLength: 4 }),
      ),
      {
        selector: ([name]) => name,
        maxLength: 4,
      },
    ),
    fc.constantFrom('=', ' = ', ': '),
    fc.constantFrom('\n', '\r\n'),
    (sections, equals, end) => {
      const lines = sections.flatMap(([name, entries]) => [
        `[${name}]`,
        ...entries.map(([key, value]) => `${key}${equals}${value}`),
        '; a remark',
      ]);
      const { sections: read, mistakes } = parseIni(lines.join(end), 'f');

      expect(mistakes).toEqual([]);
      expect(read.map(({ name, entries }) => [name, [...entries].map(([key, { value }]) => [key, value])])).toEqual(
        sections,
      );
      for (const { name, line, entries } of read) {
        expect(lines[line - 1]).toBe(`[${name}]`);
        for (const [key, entry] of entries) expect(lines[entry.line - 1]?.startsWith(key)).toBe(true);
      }
    },
  ),
);

const ini =
  '[program:web]\ncommand=/bin/web --port 81%(process_num)02d ; remark\nenvironment=\n  A="1",\n  B="2"\n\n[include]\nfiles = a b\n';

fuzz(
  "supervisord's configuration",
  'that is damaged is read, or its mistakes have a line',
  fc.property(
    mutated(fc.constant(ini), {
      words: ['[', ']', '=', ':', ';', ' ;', '#', '\n', '\n ', '\t', '\r', '%', '\0', '[x]\n'],
    }),
    (text) => {
      const { sections, mistakes } = parseIni(text, 'f');
      const places = [...mistakes, ...sections, ...sections.flatMap(({ entries }) => [...entries.values()])];
      const count = text.split(/\r\n|\r|\n/).length;

      expect(places.every(({ line }) => line >= 1 && line <= count)).toBe(true);
      // Nothing is invented: each line of a value stands in the file.
      for (const { entries } of sections)
        for (const { value } of entries.values())
          expect(value.split('\n').every((line) => text.includes(line))).toBe(true);
    },
  ),
);

test.each([
  ['open brackets of expansions', () => findExpansionProblems('%(a'.repeat(20_000), env)],
  ['letters in one expansion', () => findExpansionProblems(`%(${'a'.repeat(500_000)}`, env)],
  ['blanks in a line', () => parseIni(`[a]\nb${' '.repeat(20_000)}x`, 'f')],
  ['semicolons in a line', () => parseIni(`[a]\nb=${';'.repeat(50_000)}`, 'f')],
  ['lines', () => parseIni(`[a]\n${'b=1\n'.repeat(100_000)}`, 'f')],
])(
  'texts of supervisord: many %s take less than seconds',
  (_, read) => {
    expect(cpuMs(read)).toBeLessThan(linearLimitMs);
  },
  120_000,
);
