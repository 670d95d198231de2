import { expect, test } from 'vitest';
import type { CheckDocument } from '../../../src/check/apply.ts';
import { printFindings } from '../../../src/cli/findings.ts';
import { textSink } from '../../support/doubles/text-sink.ts';

const finding = {
  rule: 'unit-kill-mode',
  severity: 'warning',
  target: 'supervisor.service',
  message: 'KillMode=process: orphans.',
  remedy: 'chmod o-w /etc/drainctl.yaml',
} as const;

function printed(given: Partial<CheckDocument>, color = false): string {
  const output = textSink();
  printFindings(output, { findings: [], advice: [], checked: ['a', 'b'], skipped: [], ...given }, color);
  return output.text;
}

test('a finding is told with where it is, what it is and what to do; a command can be copied as it is', () => {
  expect(printed({ findings: [finding, { ...finding, severity: 'error' }] })).toBe(
    [
      'warning unit-kill-mode: supervisor.service',
      '  KillMode=process: orphans.',
      '  → chmod o-w /etc/drainctl.yaml',
      '',
      'error unit-kill-mode: supervisor.service',
      '  KillMode=process: orphans.',
      '  → chmod o-w /etc/drainctl.yaml',
      '',
      '1 error, 1 warning; 2 rules looked.',
      '',
    ].join('\n'),
  );
});

test('it is said that there is none', () => {
  expect(printed({})).toBe('No finding; 2 rules looked.\n');
});

test('advice is told, and is no finding', () => {
  const text = printed({ advice: [{ ...finding, severity: 'advice' }] });

  expect(text).toMatch(/^advice unit-kill-mode: .*\n\nNo finding; 2 rules looked\.\n$/s);
});

test('rules that were skipped for one reason share a line', () => {
  const skipped = ['x', 'y'].map((rule) => ({ rule, why: 'systemd does not run here' }));

  expect(printed({ skipped })).toContain('Not checked (systemd does not run here): x, y\n');
});

test('only the severity is coloured', () => {
  expect(printed({ findings: [finding] }, true)).toContain(
    '\u001b[33mwarning\u001b[39m unit-kill-mode: supervisor.service\n',
  );
});

test('control characters in what is told are kept from the terminal', () => {
  expect(printed({ findings: [{ ...finding, message: 'it said \u001b[2J' }] })).not.toContain('\u001b');
});
