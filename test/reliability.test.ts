import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { faultsIn, faultsMissingIn, type Stamp, withFigures } from '../scripts/soak/table.ts';
import { faultRows } from './support/fault-rows.ts';

const faults = ['a | b', 'clock', 'disk full'];
const stamp: Stamp = { date: '2026-11-22', commit: 'abc1234', machine: 'a machine', software: 'Node 20' };

describe('docs/reliability.md', () => {
  test('tells of every fault that the fault suite has, and of no other (if not: npm run soak)', () => {
    const document = readFileSync(fileURLToPath(new URL('../docs/reliability.md', import.meta.url)), 'utf8');

    expect([...faultsIn(document), ...faultsMissingIn(document)].sort()).toEqual(faultRows());
  });
});

describe('the table of the soak', () => {
  const empty = 'before\n<!-- soak -->\n<!-- /soak -->\nafter\n';
  const first = withFigures(empty, [{ row: 'disk full', name: 'drains', value: 3 }], stamp, faults);

  test('holds what was measured, where and when', () => {
    expect(first).toContain('| disk full | drains | 3 | 2026-11-22 | abc1234 |');
    expect(first).toContain('ran on a machine, with Node 20');
  });

  test('leaves the text around it alone', () => {
    expect(first).toMatch(/^before\n<!-- soak -->\n[\s\S]*<!-- \/soak -->\nafter\n$/);
  });

  test('keeps the faults that a run was not about', () => {
    const later = { ...stamp, commit: 'def5678' };
    const second = withFigures(first, [{ row: 'a | b', name: 'cases', value: 'none' }], later, faults);

    expect(faultsIn(second)).toEqual(['a | b', 'disk full']);
    expect(second).toContain('| disk full | drains | 3 | 2026-11-22 | abc1234 |');
  });

  test('says which faults have none', () => {
    expect(faultsMissingIn(first)).toEqual(['a | b', 'clock']);
  });

  test('forgets a fault that the suite has no more', () => {
    expect(faultsIn(withFigures(first, [], stamp, ['clock']))).toEqual([]);
  });

  test('has a fault once that was measured again', () => {
    const again = withFigures(first, [{ row: 'disk full', name: 'drains', value: 9 }], stamp, faults);

    expect(again).not.toContain('| 3 |');
    expect(again).toContain('| 9 |');
  });
});
