import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig, registries } from '../../../src/config/load.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { peekConfig } from '../../../src/config/peek.ts';
import type { Problem } from '../../../src/config/problems.ts';
import { isDrainctlError } from '../../../src/errors.ts';
import { cpuMs, fuzz, linearLimitMs, mutated, seed } from '../../faults/support/fuzz.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const subject = 'configuration';
const file = '/etc/drainctl.yaml';

/** A configuration, or mistakes that each have a place within the text; any other end fails the test. */
function expectJudged(text: string, load = () => parse(text)): void {
  try {
    load();
  } catch (error) {
    if (!isDrainctlError(error, 'CONFIG_INVALID')) throw error;
    const problems = error.details['problems'] as Omit<Problem, 'source'>[]; // what CONFIG_INVALID always carries
    // To YAML a carriage return alone ends no line.
    const lines = text.split('\n');
    expect(problems.length).toBeGreaterThan(0);
    expect(error.hint).not.toBe('');
    for (const { line, column, message } of problems) {
      expect(message).not.toBe('');
      expect(line).toBeGreaterThanOrEqual(1);
      expect(line).toBeLessThanOrEqual(lines.length);
      expect(column).toBeGreaterThanOrEqual(1);
      expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1);
    }
  }
}

function parse(text: string) {
  return parseConfig(file, text, { env: { HOME: '/root' }, registries, readPassword: () => ({ password: 'secret' }) });
}

const valid = [
  'pools:\n  lb: {driver: haproxy, addresses: [/run/haproxy.sock]}\nprograms:\n  web:\n    members:\n' +
    '      - {pool: lb, server: "app/%(process_name)s"}\n    ready: {http: "http://127.0.0.1:81%(process_num)02d/"}\n',
  'supervisor: {url: "http://127.0.0.1:9001", username: a, password: b}\nsidecar:\n  socket_mode: "0770"\n' +
    'defaults: &d {deadline: 30s, quiet: 300ms}\nprograms:\n  web: {<<: *d, stage: 2}\n',
  'programs:\n  "web:*":\n    in_flight:\n      - {probe: exec, command: [/bin/true]}\n      - probe: file\n        path: /run/x\n',
];

const words = [
  ...[
    'programs:',
    'pools:',
    'driver: ',
    'members:\n',
    '- ',
    ': ',
    '{',
    '}',
    '[',
    ']',
    ',',
    '"',
    "'",
    '\n',
    '\n  ',
    '\t',
  ],
  ...[
    '&a ',
    '*a',
    '*d',
    '<<: *d\n',
    '<<',
    '? ',
    '| \n',
    '> \n',
    '---\n',
    '...\n',
    '%YAML 1.2\n',
    '!!binary ',
    '!!set ',
    '#',
  ],
  ...[
    '30s',
    '-1',
    '1e400',
    '0x7f',
    '.inf',
    '.nan',
    '99999999999999999999',
    'null',
    '~',
    'yes',
    '%(x)s',
    '%',
    '__proto__',
  ],
  ...[
    'constructor',
    '\ufeff',
    '\u0000',
    '\u2028',
    '\u202e',
    '\ud800',
    '\r',
    '\u0085',
    '😀',
    '[[[[[[[[',
    '{a: {a: {a: ',
  ],
];

fuzz(
  subject,
  'that is damaged is judged, with the place of each mistake',
  fc.property(mutated(fc.constantFrom(...valid), { words }), (text) => expectJudged(text)),
);

fuzz(
  subject,
  'of any words is judged',
  fc.property(fc.array(fc.constantFrom(...words), { maxLength: 20 }), (parts) => expectJudged(parts.join(''))),
);

const keys = fc.constantFrom(
  ...['supervisor', 'sidecar', 'pools', 'programs', 'defaults', 'log', 'url', 'driver', 'addresses', 'pool', 'server'],
  ...['members', 'in_flight', 'probe', 'command', 'ready', 'http', 'deadline', 'stage', 'limits', 'web', 'lb', '<<'],
);
const leaf = fc.oneof(
  fc.constantFrom('haproxy', 'lb', 'exec', 'http', '%(x)', '1s', '/run/a', 'app/%(process_name)s', 1e308, -0, 2 ** 60),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'xsmall' },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 3 }),
  ),
}));

fuzz(
  subject,
  'of any values is judged',
  fc.property(fc.dictionary(keys, value, { maxKeys: 4 }), fc.boolean(), (root, flow) => {
    expectJudged(stringify(root, { collectionStyle: flow ? 'flow' : 'block', defaultStringType: 'QUOTE_DOUBLE' }));
  }),
);

test(`${subject}: a file of any bytes is judged, and a peek at it never throws`, () => {
  const path = temporaryDirectory().file('drainctl.yaml');
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    mutated(fc.constantFrom(...valid), { words }).map((text) => Buffer.from(text, 'latin1')),
  );

  fc.assert(
    fc.property(bytes, (content) => {
      writeFileSync(path, content);
      peekConfig(path, { env: {} });
      const text = new TextDecoder().decode(content);
      expectJudged(text, () => loadConfig(path, { env: {} }));
    }),
    { numRuns: 2_000, seed },
  );
}, 120_000);

const many = <T>(count: number, each: (index: number) => T) => Array.from({ length: count }, (_, index) => each(index));

test.each([
  ['maps as keys of maps', '? '.repeat(2_000)],
  ['lists in lists', `a: ${'['.repeat(5_000)}`],
  ['lists in lists that end', `a: ${'['.repeat(5_000)}${']'.repeat(5_000)}`],
  ['entries in entries', '- '.repeat(5_000)],
  ['maps in maps', `programs: ${'{a: '.repeat(400)}${'}'.repeat(400)}`],
  [
    'aliases in aliases',
    many(60, (index) => `a${index}: &a${index} [${index === 0 ? '' : `*a${index - 1}, *a${index - 1}`}]`).join('\n'),
  ],
  [
    'a chain of aliases',
    many(400, (index) => `a${index}: &a${index} [${index === 0 ? '' : `*a${index - 1}`}]`).join('\n'),
  ],
  ['aliases', `a: &a 1\nb: [${'*a,'.repeat(2_000)}]`],
  ['mistakes', `programs:\n${many(2_000, (index) => `  p${index}: {deadline: 1}`).join('\n')}`],
  ['keys that are there twice', 'a: 1\n'.repeat(2_000)],
  ['a number of many digits', `programs: {web: {stage: ${'9'.repeat(100_000)}}}`],
  ['a long line', `a: ${'x'.repeat(1_000_000)}`],
])(
  'configuration: many %s are judged in seconds',
  (_, text) => {
    expect(cpuMs(() => expectJudged(text))).toBeLessThan(linearLimitMs);
  },
  120_000,
);
