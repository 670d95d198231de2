import type { Hold, JournalEntry } from '../../../src/drain/journal-file.ts';

/** An entry for `app/NAME` at pool-a; `given` replaces parts of it. */
export function entry(process: string, given: Partial<JournalEntry> = {}): JournalEntry {
  const server = `app/${process.split(':')[1]}`;
  return {
    process,
    pool: 'lb',
    address: 'pool-a',
    label: server,
    member: { server },
    before: { placement: 'in' },
    wasIn: true,
    at: '2026-01-02T03:04:05.000Z',
    run: 'run-1',
    ...given,
  };
}

/** A hold without an end. */
export function hold(process: string, given: Partial<Hold> = {}): Hold {
  return { process, reason: 'heap dump', since: '2026-01-02T03:04:05.000Z', until: '', run: 'run-1', ...given };
}
