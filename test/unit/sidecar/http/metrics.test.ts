import { describe, expect, test } from 'vitest';
import { emptyJournal } from '../../../../src/drain/journal-file.ts';
import type { Measurement } from '../../../../src/drain/measure.ts';
import type { EngineView } from '../../../../src/drain/view.ts';
import { DrainctlError } from '../../../../src/errors.ts';
import type { Placement } from '../../../../src/pools/pool.ts';
import { metricDeclarations, processMetricNames } from '../../../../src/sidecar/http/metric-declarations.ts';
import { Metrics } from '../../../../src/sidecar/http/metrics.ts';
import { processReport, runDocument } from '../../../support/doubles/documents.ts';
import { processInfo } from '../../../support/doubles/processes.ts';
import { ScriptedPool } from '../../../support/doubles/scripted-pool.ts';
import { target } from '../../../support/doubles/targets.ts';
import { parseMetrics, samples } from '../../../support/prometheus.ts';
import { hold } from '../../drain/journal-entries.ts';

const view: EngineView = {
  snapshot: { infos: [], configs: new Map() },
  contact: { askedAtMs: 990, answeredAtMs: 1_000, error: undefined },
  journal: emptyJournal,
  runs: [],
  supervisordStops: false,
};

/** What a process and the pools that it is in said; undefined: it did not answer. */
function measurement(
  name: string,
  given: Partial<Measurement> = {},
  placements: (Placement | undefined)[] = [],
): Measurement {
  const pools = placements.map((_, index) => new ScriptedPool({ address: `pool-${index}`, servers: [`app/${name}`] }));
  const { members } = target(name, pools);
  const answers = members.map((member, index) => {
    const placement = placements[index];
    if (placement === undefined) return { member, error: 'no answer' };
    return { member, state: { placement, text: '', before: null, inFlight: 0 } };
  });
  return { info: processInfo(name), inFlight: undefined, answers, ...given };
}

async function write(metrics: Metrics, given: Partial<EngineView> = {}, measurements: readonly Measurement[] = []) {
  return parseMetrics(await metrics.write({ view: { ...view, ...given }, measurements, nowMs: 2_000 }));
}

describe('what is declared', () => {
  test('is what is served, and nothing else is', async () => {
    const served = await write(new Metrics());
    const names = [...Object.values(metricDeclarations).map(({ name }) => name), ...processMetricNames];

    expect([...served.keys()].sort()).toEqual(names.toSorted());
  });

  test('has the type and the help that are served', async () => {
    const served = await write(new Metrics());
    const declared = Object.values(metricDeclarations);

    expect(declared.map(({ name }) => [served.get(name)?.type, served.get(name)?.help])).toEqual(
      declared.map(({ type, help }) => [type, help]),
    );
  });

  test.each(Object.values(metricDeclarations))('$name is told in sentences', ({ help }) => {
    expect(help).toMatch(/^[A-Z0-9].+\.$/);
  });
});

describe('what has not happened yet', () => {
  test('is counted as 0 from the beginning', async () => {
    const served = await write(new Metrics());

    expect(samples(served, 'drainctl_runs_total')['action="restart",outcome="cut"']).toBe(0);
    expect(samples(served, 'drainctl_events_received_total')['kind="tick"']).toBe(0);
    expect(samples(served, 'drainctl_reconciles_total')).toEqual({ 'result="done"': 0, 'result="failed"': 0 });
    expect(samples(served, 'drainctl_work_cut_off_total')).toEqual({ '': 0 });
  });

  test('has no time', async () => {
    expect(samples(await write(new Metrics()), 'drainctl_last_run_timestamp_seconds')).toEqual({});
  });
});

describe('a run that has ended', () => {
  test('is counted by its action and outcome', async () => {
    const metrics = new Metrics();

    metrics.onRunEnded(runDocument({ action: 'restart', outcome: 'cut' }));

    const counts = Object.entries(samples(await write(metrics), 'drainctl_runs_total')).filter(
      ([, count]) => count > 0,
    );
    expect(counts).toEqual([['action="restart",outcome="cut"', 1]]);
  });

  test('adds the seconds of its phases', async () => {
    const metrics = new Metrics();
    const phases = [
      { phase: 'drain', ms: 700 },
      { phase: 'stop', ms: 40 },
    ] as const;

    metrics.onRunEnded(runDocument({ processes: [processReport({ phases }), processReport({ phases })] }));

    const served = samples(await write(metrics), 'drainctl_phase_duration_seconds');
    expect(served['_sum phase="drain"']).toBeCloseTo(1.4);
    expect(served['_count phase="drain"']).toBe(2);
    expect([served['_bucket le="0.5",phase="drain"'], served['_bucket le="1",phase="drain"']]).toEqual([0, 2]);
  });

  test('adds what it cut off, and apart from it those of which nobody knows how much', async () => {
    const metrics = new Metrics();

    metrics.onRunEnded(runDocument({ cut: -1, processes: [3, 0, -1].map((cut) => processReport({ cut })) }));

    const served = await write(metrics);
    expect(samples(served, 'drainctl_work_cut_off_total')).toEqual({ '': 3 });
    expect(samples(served, 'drainctl_unknown_work_cut_off_total')).toEqual({ '': 1 });
  });

  test('is the latest of its action, later than those of an earlier sidecar', async () => {
    const metrics = new Metrics();
    metrics.remember([
      runDocument({ action: 'gate', ended_at: '2026-01-02T00:00:10.000Z' }),
      runDocument({ action: 'gate', ended_at: '2026-01-02T00:00:00.000Z' }),
      runDocument({ action: 'stop', ended_at: '2026-01-02T00:00:20.000Z' }),
    ]);

    metrics.onRunEnded(runDocument({ action: 'stop', ended_at: '2026-01-03T00:00:00.000Z' }));

    expect(samples(await write(metrics), 'drainctl_last_run_timestamp_seconds')).toEqual({
      'action="gate"': Date.parse('2026-01-02T00:00:10Z') / 1_000,
      'action="stop"': Date.parse('2026-01-03T00:00:00Z') / 1_000,
    });
  });
});

describe('events', () => {
  test('are counted by their kind, as are those that were lost, and what was asked', async () => {
    const metrics = new Metrics();

    metrics.onEvent({ kind: 'tick', periodS: 5, whenS: 0 });
    metrics.onEventsLost(3);
    metrics.onReconciled(true);
    metrics.onReconciled(false);

    const served = await write(metrics);
    expect(samples(served, 'drainctl_events_received_total')['kind="tick"']).toBe(1);
    expect(samples(served, 'drainctl_events_lost_total')).toEqual({ '': 3 });
    expect(samples(served, 'drainctl_reconciles_total')).toEqual({ 'result="done"': 1, 'result="failed"': 1 });
  });
});

describe('supervisord', () => {
  const unreachable = new DrainctlError('SUPERVISOR_UNREACHABLE', 'nobody answers');

  test.each<[string, Partial<EngineView>, object]>([
    ['that answers', {}, { '': 1 }],
    ['that does not', { contact: { ...view.contact, error: unreachable } }, { '': 0 }],
    ['that was not asked', { contact: { askedAtMs: undefined, answeredAtMs: undefined, error: undefined } }, {}],
  ])('%s', async (_, given, expected) => {
    expect(samples(await write(new Metrics(), given), 'drainctl_supervisord_up')).toEqual(expected);
  });
});

describe('processes', () => {
  test('are counted by group and state, states that none is in too', async () => {
    const measurements = [
      measurement('web:web_00'),
      measurement('web:web_01', { info: processInfo('web:web_01', 'FATAL') }),
    ];

    const served = samples(await write(new Metrics(), {}, measurements), 'drainctl_processes');

    expect(served).toMatchObject({ 'group="web",state="RUNNING"': 1, 'group="web",state="FATAL"': 1 });
    expect(served['group="web",state="STOPPED"']).toBe(0);
  });

  test('have in flight what is known; what is unknown has no sample and is not 0', async () => {
    const measurements = [
      measurement('web:web_00', { inFlight: 0 }),
      measurement('web:web_01'),
      measurement('web:web_02', { inFlight: 7 }),
    ];

    expect(samples(await write(new Metrics(), {}, measurements), 'drainctl_in_flight')).toEqual({
      'group="web",process="web:web_00"': 0,
      'group="web",process="web:web_02"': 7,
    });
  });

  test('that are gone have no sample any more', async () => {
    const metrics = new Metrics();
    await write(metrics, {}, [measurement('web:web_00', { inFlight: 1 }, ['in'])]);

    const served = await write(metrics, {}, []);

    expect(samples(served, 'drainctl_in_flight')).toEqual({});
    expect(samples(served, 'drainctl_processes')).toEqual({});
    expect(samples(served, 'drainctl_members')).toEqual({});
  });

  test('on hold are counted', async () => {
    const journal = { entries: [], holds: [hold('web:web_00')] };

    expect(samples(await write(new Metrics(), { journal }), 'drainctl_holds')).toEqual({ '': 1 });
  });

  test('on hold are unknown before the journal was read', async () => {
    expect(samples(await write(new Metrics(), { journal: undefined }), 'drainctl_holds')).toEqual({});
  });
});

describe('pools', () => {
  test('have their members by placement; one that does not answer is unknown', async () => {
    const measurements = [
      measurement('web:web_00', {}, ['in', undefined]),
      measurement('web:web_01', {}, ['out', undefined]),
    ];

    const served = samples(await write(new Metrics(), {}, measurements), 'drainctl_members');

    expect(Object.fromEntries(Object.entries(served).filter(([, count]) => count > 0))).toEqual({
      'address="pool-0",placement="in",pool="lb"': 1,
      'address="pool-0",placement="out",pool="lb"': 1,
      'address="pool-1",placement="unknown",pool="lb"': 2,
    });
  });

  test('have their errors by code, 0 where there were none', async () => {
    const metrics = new Metrics();
    const measurements = [measurement('web:web_00', {}, ['in'])];

    metrics.onPoolFailure({ pool: 'lb', address: 'pool-0', code: 'POOL_REFUSED' });

    expect(samples(await write(metrics, {}, measurements), 'drainctl_pool_errors_total')).toEqual({
      'address="pool-0",code="POOL_MEMBER_MISSING",pool="lb"': 0,
      'address="pool-0",code="POOL_REFUSED",pool="lb"': 1,
      'address="pool-0",code="POOL_UNREACHABLE",pool="lb"': 0,
    });
  });
});
