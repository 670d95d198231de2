import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stopCommands } from '../../../src/check/exec-commands.ts';
import { parseTimespan } from '../../../src/check/timespan.ts';
import { parseJobType, parseProperties } from '../../../src/systemd/systemctl.ts';
import { cpuMs, fuzz, linearLimitMs, mutated } from '../../faults/support/fuzz.ts';

const subject = "systemctl's output";
const property = fc.tuple(fc.stringMatching(/^[A-Z][A-Za-z0-9]{0,8}$/), fc.stringMatching(/^[^\n]{0,12}$/));

fuzz(
  subject,
  'gives back every value of every property, in order',
  fc.property(fc.array(property, { maxLength: 8 }), (properties) => {
    const read = parseProperties(properties.map(([name, value]) => `${name}=${value}\n`).join(''));

    for (const [name] of properties) {
      const values = properties.filter(([other]) => other === name).map(([, value]) => value);
      expect(read.all(name)).toEqual(values);
      expect(read.get(name)).toBe(values.at(-1));
    }
    expect(read.get('Nothing')).toBe('');
  }),
);

const shown =
  'LoadState=loaded\nTimeoutStopUSec=1min 30s\nDescription=a\nb\n' +
  'ExecStop={ path=/usr/bin/drainctl ; argv[]=/usr/bin/drainctl shutdown ; ignore_errors=no ; start_time=[n/a] }\n';

fuzz(
  subject,
  'that is damaged holds only what was printed',
  fc.property(
    mutated(fc.constant(shown), { words: ['=', '\n', 'ExecStop=', ' ; ', 'argv[]=', '{', '\0', 'TimeoutStopUSec'] }),
    (text) => {
      const read = parseProperties(text);

      for (const name of ['LoadState', 'TimeoutStopUSec', 'ExecStop', 'Description'])
        for (const value of read.all(name)) expect(value.split('\n').every((line) => text.includes(line))).toBe(true);
      for (const command of stopCommands(read)) expect(text).toContain(command);
    },
  ),
);

fuzz(
  subject,
  'names the job of a unit, and of no other',
  fc.property(
    fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z@-]{1,8}$/), fc.constantFrom('start', 'stop', 'restart')), {
      selector: ([unit]) => unit,
      minLength: 1,
    }),
    (jobs) => {
      const text = jobs.map(([unit, type], index) => ` ${index + 1} ${unit}.service   ${type} waiting\n`).join('');

      for (const [unit, type] of jobs) expect(parseJobType(text, `${unit}.service`)).toBe(type);
      expect(parseJobType(text, 'Other.service')).toBe('');
    },
  ),
);

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

fuzz(
  'time spans of systemd',
  'are the sum of their parts',
  fc.property(fc.array(fc.nat(900), { minLength: 5, maxLength: 5 }), (numbers) => {
    const parts = units.map(([unit, ms], index) => ({
      text: `${numbers[index]}${unit}`,
      ms: (numbers[index] ?? 0) * ms,
    }));

    expect(parseTimespan(parts.map(({ text }) => text).join(' '))).toBe(parts.reduce((sum, { ms }) => sum + ms, 0));
  }),
);

fuzz(
  'time spans of systemd',
  'that are damaged are 0 only where every number is',
  fc.property(
    mutated(fc.constantFrom('1min 30s', '900us', 'infinity'), {
      words: [' ', '-', '.', '0', 's', 'min', 'y', '\n', 'NaN'],
    }),
    (text) => {
      const ms = parseTimespan(text);

      if (ms === undefined) return;
      expect(ms).toBeGreaterThanOrEqual(0);
      if (ms === 0) expect(text).not.toMatch(/[1-9]/);
    },
  ),
);

test('a megabyte of one property takes less than seconds', () => {
  expect(cpuMs(() => parseProperties(`A=${'x\n'.repeat(500_000)}`))).toBeLessThan(linearLimitMs);
  expect(cpuMs(() => stopCommands(parseProperties(`ExecStop=${'{ argv[]='.repeat(20_000)}`)))).toBeLessThan(
    linearLimitMs,
  );
}, 120_000);
