import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RunDocument } from '../../drain/api.ts';
import type { Measurement } from '../../drain/measure.ts';
import type { PoolFailure } from '../../drain/observer.ts';
import type { MemberAnswer } from '../../drain/sample.ts';
import type { EngineView } from '../../drain/view.ts';
import type { SupervisorEvent } from '../../supervisor/events.ts';
import { version } from '../../version.ts';
import type { SidecarObserver } from '../observer.ts';
import { contactOf } from './health.ts';
import { durationBuckets, labelValues, type MetricDeclaration, metricDeclarations } from './metric-declarations.ts';
import { registerProcessMetrics } from './process-metrics.ts';

/** What a scrape tells beside what was counted since the start. */
export interface Readings {
  readonly view: EngineView;
  readonly measurements: readonly Measurement[];
  /** Of the monotonic clock. */
  readonly nowMs: number;
}

/** The metrics of {@link metricDeclarations}: counts what it is told of, and writes it down for Prometheus. */
export class Metrics implements SidecarObserver {
  readonly #registry = new Registry();
  readonly #supervisordUp = this.#gauge(metricDeclarations.supervisordUp);
  readonly #processes = this.#gauge(metricDeclarations.processes);
  readonly #holds = this.#gauge(metricDeclarations.holds);
  readonly #inFlight = this.#gauge(metricDeclarations.inFlight);
  readonly #members = this.#gauge(metricDeclarations.members);
  readonly #runs = this.#counter(metricDeclarations.runs);
  readonly #lastRun = this.#gauge(metricDeclarations.lastRun);
  readonly #phaseDuration = this.#histogram(metricDeclarations.phaseDuration);
  readonly #workCutOff = this.#counter(metricDeclarations.workCutOff);
  readonly #unknownWorkCutOff = this.#counter(metricDeclarations.unknownWorkCutOff);
  readonly #poolErrors = this.#counter(metricDeclarations.poolErrors);
  readonly #events = this.#counter(metricDeclarations.events);
  readonly #eventsLost = this.#counter(metricDeclarations.eventsLost);
  readonly #reconciles = this.#counter(metricDeclarations.reconciles);

  constructor() {
    this.#gauge(metricDeclarations.buildInfo).set({ version, node: process.versions.node }, 1);
    registerProcessMetrics(this.#registry);
    for (const action of labelValues.action)
      for (const outcome of labelValues.outcome) this.#runs.inc({ action, outcome }, 0);
    for (const phase of labelValues.phase) this.#phaseDuration.zero({ phase });
    for (const kind of labelValues.kind) this.#events.inc({ kind }, 0);
    for (const result of labelValues.result) this.#reconciles.inc({ result }, 0);
  }

  /** Runs of an earlier sidecar, in any order. */
  remember(runs: readonly RunDocument[]): void {
    const latest = new Map<string, number>();
    for (const { action, ended_at: endedAt } of runs) {
      latest.set(action, Math.max(latest.get(action) ?? 0, Date.parse(endedAt) / 1_000));
    }
    for (const [action, seconds] of latest) if (Number.isFinite(seconds)) this.#lastRun.set({ action }, seconds);
  }

  onRunEnded({ action, outcome, ended_at: endedAt, processes }: RunDocument): void {
    this.#runs.inc({ action, outcome });
    this.#lastRun.set({ action }, Date.parse(endedAt) / 1_000);
    for (const { phase, ms } of processes.flatMap((process) => process.phases)) {
      this.#phaseDuration.observe({ phase }, ms / 1_000);
    }
    for (const { cut } of processes) {
      if (cut > 0) this.#workCutOff.inc(cut);
      if (cut < 0) this.#unknownWorkCutOff.inc();
    }
  }

  onPoolFailure({ pool, address, code }: PoolFailure): void {
    this.#poolErrors.inc({ pool, address, code });
  }

  onEvent({ kind }: SupervisorEvent): void {
    this.#events.inc({ kind });
  }

  onEventsLost(lost: number): void {
    this.#eventsLost.inc(lost);
  }

  onReconciled(succeeded: boolean): void {
    this.#reconciles.inc({ result: succeeded ? 'done' : 'failed' });
  }

  /** The type of {@link write}'s text. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything, in Prometheus' text format. */
  async write({ view, measurements, nowMs }: Readings): Promise<string> {
    this.#readView(view, nowMs);
    this.#readMeasurements(measurements);
    return this.#registry.metrics();
  }

  #readView(view: EngineView, nowMs: number): void {
    const contact = contactOf(view, nowMs);
    if (contact === 'unknown') this.#supervisordUp.remove();
    else this.#supervisordUp.set(contact === 'silent' ? 0 : 1);
    if (view.journal === undefined) this.#holds.remove();
    else this.#holds.set(view.journal.holds.length);
  }

  /** What was there at an earlier scrape and is not any more has no sample. */
  #readMeasurements(measurements: readonly Measurement[]): void {
    for (const gauge of [this.#processes, this.#inFlight, this.#members]) gauge.reset();
    for (const { info, inFlight, answers } of measurements) {
      const { group, fullName } = info;
      for (const state of labelValues.state) this.#processes.inc({ group, state }, state === info.state ? 1 : 0);
      if (inFlight !== undefined) this.#inFlight.set({ group, process: fullName }, inFlight);
      for (const each of answers) this.#readMember(each);
    }
  }

  #readMember(answer: MemberAnswer): void {
    const { pool, address } = answer.member.at;
    const found = 'error' in answer ? 'unknown' : answer.state.placement;
    for (const placement of labelValues.placement) {
      this.#members.inc({ pool, address, placement }, placement === found ? 1 : 0);
    }
    for (const code of labelValues.code) this.#poolErrors.inc({ pool, address, code }, 0);
  }

  #gauge<const Declared extends MetricDeclaration>({
    name,
    help,
    labels,
  }: Declared): Gauge<Declared['labels'][number]> {
    return new Gauge({ name, help, labelNames: [...labels], registers: [this.#registry] });
  }

  #counter<const Declared extends MetricDeclaration>({
    name,
    help,
    labels,
  }: Declared): Counter<Declared['labels'][number]> {
    return new Counter({ name, help, labelNames: [...labels], registers: [this.#registry] });
  }

  #histogram<const Declared extends MetricDeclaration>({
    name,
    help,
    labels,
  }: Declared): Histogram<Declared['labels'][number]> {
    return new Histogram({
      name,
      help,
      labelNames: [...labels],
      buckets: [...durationBuckets],
      registers: [this.#registry],
    });
  }
}
