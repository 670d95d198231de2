import { describe, expect, test } from 'vitest';
import type { ProcessProgress } from '../../../src/drain/api.ts';
import { emptyJournal } from '../../../src/drain/journal-file.ts';
import { processStatus, type StatusContext } from '../../../src/drain/status.ts';
import type { Placement } from '../../../src/pools/pool.ts';
import { processConfig, processInfo } from '../../support/doubles/processes.ts';
import { unreachable } from '../../support/doubles/script.ts';
import { ScriptedPool } from '../../support/doubles/scripted-pool.ts';
import { ScriptedProbe } from '../../support/doubles/scripted-probe.ts';
import { target } from '../../support/doubles/targets.ts';
import { entry, hold } from './journal-entries.ts';

const quiet: StatusContext = { journal: emptyJournal, run: undefined, problem: '', isSidecar: true, waitMs: 0 };

/** Pools that place web_00 so, one after the other; undefined: it does not answer. */
function poolsThatSay(...placements: (Placement | undefined)[]): ScriptedPool[] {
  return placements.map((placement, index) => {
    const pool = new ScriptedPool({ address: `pool-${index}`, servers: ['app/web_00'] });
    if (placement === undefined) pool.scripts.state = unreachable;
    else pool.server('app/web_00').placement = placement;
    return pool;
  });
}

const ourEntry = entry('web:web_00', { address: 'pool-0' });

describe('the word for all pools', () => {
  test.each<[string, (Placement | undefined)[]]>([
    ['none', []],
    ['in', ['in']],
    ['in', ['in', 'in']],
    ['out', ['out', 'out']],
    ['partly', ['in', 'out']],
    ['partly', ['out', 'missing']],
    ['unknown', ['in', undefined]],
    ['unknown', [undefined]],
  ])('is "%s" for %j', async (word, placements) => {
    expect((await processStatus(target('web:web_00', poolsThatSay(...placements)), quiet)).pool).toBe(word);
  });
});

describe('in flight', () => {
  test('is -1 where it is unknown, and the reason is told', async () => {
    expect(await processStatus(target('web:web_00', poolsThatSay(undefined)), quiet)).toMatchObject({
      in_flight: -1,
      uncounted: false,
      why: expect.stringContaining('did not answer'),
    });
  });

  test('is uncounted where nothing can count', async () => {
    expect((await processStatus(target('web:web_00'), quiet)).uncounted).toBe(true);
  });

  test('is what is measured', async () => {
    const probes = [new ScriptedProbe(4)];

    expect((await processStatus(target('web:web_00', [], { probes }), quiet)).in_flight).toBe(4);
  });
});

describe('a member', () => {
  test('is ours where the journal has it at that address', async () => {
    const context = { ...quiet, journal: { entries: [ourEntry], holds: [] } };

    const { members } = await processStatus(target('web:web_00', poolsThatSay('out', 'out')), context);

    expect(members.map(({ ours }) => ours)).toEqual([true, false]);
  });
});

describe('why', () => {
  const progress: ProcessProgress = {
    name: 'web:web_00',
    phase: 'drain',
    doing: '',
    in_flight: 3,
    elapsed_ms: 2_000,
    deadline_ms: 30_000,
    outcome: '',
  };
  const out = () => target('web:web_00', poolsThatSay('out'));

  test('is the run that works on it, before all else', async () => {
    const run = { id: 'run-7', action: 'restart', progress: [progress] };
    const journal = { entries: [ourEntry], holds: [hold('web:web_00')] };

    expect(await processStatus(out(), { ...quiet, journal, run })).toMatchObject({
      why: 'restart: draining: 3 in flight, 2 s of 30 s',
      run: 'run-7',
    });
  });

  test.each([
    ['has ended with it', { ...progress, outcome: 'done' as const }],
    ['has not come to it', { ...progress, phase: '' as const }],
    ['is about others', { ...progress, name: 'web:web_01' }],
  ])('is not a run that %s', async (_, others) => {
    const run = { id: 'run-7', action: 'restart', progress: [others] };

    expect((await processStatus(out(), { ...quiet, run })).run).toBe('');
  });

  test('is an entry that does not fit', async () => {
    expect((await processStatus(out(), { ...quiet, problem: 'no process_num' })).why).toBe('no process_num');
  });

  test('tells how long a process that crashed again and again is kept out', async () => {
    const journal = { entries: [ourEntry], holds: [] };

    expect((await processStatus(out(), { ...quiet, journal, waitMs: 10_000 })).why).toBe(
      'taken out by drainctl; goes back when ready, in 10 s at the earliest, as it has failed before; at once with "drainctl pool web:web_00"',
    );
  });

  test('is a hold, with its reason and its end', async () => {
    const journal = { entries: [ourEntry], holds: [hold('web:web_00', { until: '2999-01-01T00:00:00.000Z' })] };

    expect(await processStatus(out(), { ...quiet, journal })).toMatchObject({
      why: 'on hold: heap dump (until 2999-01-01T00:00:00.000Z)',
      held: true,
    });
  });

  test.each([
    ['RUNNING', 'taken out by drainctl; goes back when ready'],
    ['STOPPED', 'taken out by drainctl; goes back when it runs and is ready'],
  ] as const)('is the journal, for a process that is %s', async (state, text) => {
    const journal = { entries: [ourEntry], holds: [] };
    const process = target('web:web_00', poolsThatSay('out'), { info: processInfo('web:web_00', state) });

    expect((await processStatus(process, { ...quiet, journal })).why).toBe(text);
  });

  test('is somebody else who took it out', async () => {
    expect((await processStatus(out(), quiet)).why).toBe('app/web_00 at pool-0 is OUT, not by drainctl');
  });

  test('is drainctl, under the name that the pool had before the configuration renamed it', async () => {
    const journal = { entries: [entry('web:web_00', { address: 'pool-0', pool: 'old-name' })], holds: [] };

    expect((await processStatus(out(), { ...quiet, journal })).why).toContain(
      'app/web_00 at pool-0 is OUT, taken out by drainctl when its pool was named "old-name"',
    );
  });

  test('is what keeps a pool from telling where it stands, where a probe counts the work', async () => {
    const process = target('web:web_00', poolsThatSay(undefined), { probes: [new ScriptedProbe(0)] });

    expect(await processStatus(process, quiet)).toMatchObject({
      pool: 'unknown',
      why: expect.stringContaining('did not answer'),
    });
  });

  test('is a member that its pool does not know', async () => {
    expect((await processStatus(target('web:web_00', poolsThatSay('missing')), quiet)).why).toBe(
      'app/web_00 at pool-0: MISSING',
    );
  });
});

describe('since', () => {
  test.each([
    ['it was started, for one that runs', 'RUNNING', '2023-11-14T22:13:20.000Z'],
    ['it was stopped, for one that does not', 'STOPPED', '2023-11-14T22:14:20.000Z'],
  ] as const)('is when %s', async (_, state, since) => {
    const process = target('web:web_00', [], { info: processInfo('web:web_00', state) });

    expect((await processStatus(process, quiet)).since).toBe(since);
  });

  test('is when it was taken out, for one that drainctl took out', async () => {
    const journal = { entries: [ourEntry], holds: [] };

    expect((await processStatus(target('web:web_00'), { ...quiet, journal })).since).toBe(ourEntry.at);
  });

  test('is unknown for one that never ran', async () => {
    const info = { ...processInfo('web:web_00', 'STOPPED'), stoppedAtS: 0 };

    expect(
      (await processStatus(target('web:web_00', [], { info, config: processConfig('web:web_00') }), quiet)).since,
    ).toBe('');
  });
});
