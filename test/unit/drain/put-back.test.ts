import { beforeEach, describe, expect, test } from 'vitest';
import { Journal } from '../../../src/drain/journal.ts';
import type { JournalEntry } from '../../../src/drain/journal-file.ts';
import { PoolAddress } from '../../../src/drain/pool-address.ts';
import { type PutBackOptions, putBack } from '../../../src/drain/put-back.ts';
import { silentLog } from '../../../src/log.ts';
import { Deadline } from '../../../src/time.ts';
import { barrier, refused, times, unreachable } from '../../support/doubles/script.ts';
import { ScriptedPool } from '../../support/doubles/scripted-pool.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { entry } from './journal-entries.ts';

let pool: ScriptedPool;
let journal: Journal;

beforeEach(async () => {
  pool = new ScriptedPool({ servers: ['app/web_00', 'app/web_01'] });
  for (const server of pool.servers.values()) server.placement = 'out';
  journal = new Journal(temporaryDirectory().path, silentLog);
  await journal.record(entry('web:web_00'));
});

/** Puts back entries that are in the journal, at pool-a alone. */
async function run(given: Partial<PutBackOptions> = {}, entries: readonly JournalEntry[] = journal.content.entries) {
  const address = new PoolAddress('lb', pool);
  await putBack(entries, {
    journal,
    findAddress: (name, at) => (name === 'lb' && at === pool.address ? address : undefined),
    deadline: new Deadline(3_000),
    signal: new AbortController().signal,
    pollMs: 5,
    untilIn: true,
    onStillOut: () => {},
    ...given,
  });
}

describe('putting back', () => {
  test('restores the state before and forgets the entry', async () => {
    await run();

    expect(pool.server('app/web_00').placement).toBe('in');
    expect(journal.content.entries).toEqual([]);
  });

  test('keeps the entry until the pool has confirmed', async () => {
    const gate = barrier();
    pool.scripts.repool = gate.script;
    const done = run();
    await gate.reached;

    expect(journal.content.entries).toHaveLength(1);
    gate.open();
    await done;
  });

  test('tries again while the pool does not answer', async () => {
    pool.scripts.repool = times(1, unreachable);

    await run();

    expect(pool.calls).toHaveLength(2);
    expect(journal.content.entries).toEqual([]);
  });

  test.each([
    ['does not answer until the deadline', unreachable, 'POOL_UNREACHABLE'],
    ['refuses', refused, 'POOL_REFUSED'],
  ])('keeps the entry when the pool %s', async (_, script, code) => {
    pool.scripts.repool = script;

    await expect(run({ deadline: new Deadline(100) })).rejects.toMatchObject({ code });
    expect(journal.content.entries).toHaveLength(1);
  });

  test('keeps the entry of an address that the configuration no longer has, and says what to do', async () => {
    await journal.record(entry('web:web_00', { address: 'pool-gone' }));

    await expect(run()).rejects.toMatchObject({
      code: 'POOL_REFUSED',
      message: expect.stringContaining('pool-gone, which the configuration no longer has. It is still out.'),
    });
    expect(journal.content.entries.map(({ address }) => address)).toEqual(['pool-gone']);
  });

  test('of one that fails does not keep the others out', async () => {
    await journal.record(entry('web:web_01'));
    pool.scripts.repool = (subject, signal) => (subject.includes('web_00') ? refused(subject, signal) : undefined);

    await expect(run()).rejects.toMatchObject({ code: 'POOL_REFUSED' });
    expect(pool.server('app/web_01').placement).toBe('in');
    expect(journal.content.entries.map(({ process }) => process)).toEqual(['web:web_00']);
  });

  test('ends with the reason of the signal', async () => {
    const controller = new AbortController();
    pool.scripts.repool = (subject, signal) => {
      controller.abort('cancelled');
      return unreachable(subject, signal);
    };

    await expect(run({ signal: controller.signal })).rejects.toBe('cancelled');
    expect(journal.content.entries).toHaveLength(1);
  });
});

describe('a member that was put back', () => {
  /** The pool's own check finds it up only at the third look; `until` is what it is then. */
  function slowToBe(until: 'in' | 'out'): void {
    pool.scripts.state = () => {
      pool.server('app/web_00').placement = pool.looks.length < 3 ? 'down' : until;
    };
  }

  test('is waited for until the pool gives it work', async () => {
    slowToBe('in');

    await run();

    expect(pool.looks).toHaveLength(3);
  });

  test('is not waited for when somebody else has taken it out', async () => {
    slowToBe('out');
    const told: string[] = [];

    await run({ onStillOut: ({ label }, text) => told.push(`${label} ${text}`) });

    expect(pool.looks).toHaveLength(3);
    expect(told).toEqual(['app/web_00 OUT']);
  });

  test('that stays down until the deadline is NOT_READY, and is no longer ours', async () => {
    pool.scripts.repool = () => {
      pool.scripts.state = () => {
        pool.server('app/web_00').placement = 'down';
      };
    };

    await expect(run({ deadline: new Deadline(50) })).rejects.toMatchObject({
      code: 'NOT_READY',
      message: expect.stringContaining('still says DOWN'),
    });
    expect(journal.content.entries).toEqual([]);
  });

  test('is not waited for where it got no work before', async () => {
    await run({}, [entry('web:web_00', { wasIn: false, before: { placement: 'down' } })]);

    expect(pool.looks).toEqual([]);
  });

  test('is not waited for in an undo', async () => {
    await run({ untilIn: false });

    expect(pool.looks).toEqual([]);
  });
});
