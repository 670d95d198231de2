import { type Phase, phases, type RunAction, type RunOutcome, runActions } from '../../drain/api.ts';
import type { ErrorCode } from '../../errors.ts';
import type { Placement } from '../../pools/pool.ts';
import type { SupervisorEvent } from '../../supervisor/events.ts';
import { type ProcessState, processStates } from '../../supervisor/process.ts';

/** What a metric is, to Prometheus and to the docs. https://prometheus.io/docs/practices/naming/ */
export interface MetricDeclaration {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** One sentence. */
  readonly help: string;
  readonly labels: readonly string[];
}

/** Declares metrics; it only carries the types. */
function declare<const Metrics extends Readonly<Record<string, MetricDeclaration>>>(metrics: Metrics): Metrics {
  return metrics;
}

/** All that drainctl itself tells. Counters begin at 0 when the sidecar starts. */
export const metricDeclarations = declare({
  buildInfo: {
    name: 'drainctl_build_info',
    type: 'gauge',
    help: 'Always 1; the version of drainctl, and of the Node that it runs on.',
    labels: ['version', 'node'],
  },
  supervisordUp: {
    name: 'drainctl_supervisord_up',
    type: 'gauge',
    help: '1 while supervisord answers, also that it is stopping; 0 while it does not. No sample before it was asked.',
    labels: [],
  },
  processes: {
    name: 'drainctl_processes',
    type: 'gauge',
    help: 'Processes by their state in supervisord.',
    labels: ['group', 'state'],
  },
  holds: {
    name: 'drainctl_holds',
    type: 'gauge',
    help: 'Processes that are on hold.',
    labels: [],
  },
  inFlight: {
    name: 'drainctl_in_flight',
    type: 'gauge',
    help: 'Requests, sessions or jobs that a process is working on. No sample where it is unknown, or nothing counts it.',
    labels: ['group', 'process'],
  },
  members: {
    name: 'drainctl_members',
    type: 'gauge',
    help: 'Members by where they stand in their pool: in, down, out, missing, or unknown where it does not answer.',
    labels: ['pool', 'address', 'placement'],
  },
  runs: {
    name: 'drainctl_runs_total',
    type: 'counter',
    help: 'Runs that have ended.',
    labels: ['action', 'outcome'],
  },
  lastRun: {
    name: 'drainctl_last_run_timestamp_seconds',
    type: 'gauge',
    help: 'When the latest run ended, in seconds since 1970; also one of an earlier sidecar. No sample where there was none.',
    labels: ['action'],
  },
  phaseDuration: {
    name: 'drainctl_phase_duration_seconds',
    type: 'histogram',
    help: 'How long the phases of a process in a run took.',
    labels: ['phase'],
  },
  workCutOff: {
    name: 'drainctl_work_cut_off_total',
    type: 'counter',
    help: 'Requests, sessions and jobs that were cut off, as far as they could be counted.',
    labels: [],
  },
  unknownWorkCutOff: {
    name: 'drainctl_unknown_work_cut_off_total',
    type: 'counter',
    help: 'Processes of which work was cut off, and nobody knows how much.',
    labels: [],
  },
  poolErrors: {
    name: 'drainctl_pool_errors_total',
    type: 'counter',
    help: 'Calls to a pool that failed, by the code of docs/errors.md.',
    labels: ['pool', 'address', 'code'],
  },
  events: {
    name: 'drainctl_events_received_total',
    type: 'counter',
    help: 'Events that supervisord sent.',
    labels: ['kind'],
  },
  eventsLost: {
    name: 'drainctl_events_lost_total',
    type: 'counter',
    help: 'Events that supervisord dropped because its buffer was full.',
    labels: [],
  },
  reconciles: {
    name: 'drainctl_reconciles_total',
    type: 'counter',
    help: 'Times that supervisord was asked what it runs, after events and with each tick.',
    labels: ['result'],
  },
});

/** What prom-client tells of the process itself, as far as it is kept. Their names are Prometheus' own for every program. */
export const processMetricNames: readonly string[] = [
  'process_cpu_user_seconds_total',
  'process_cpu_system_seconds_total',
  'process_cpu_seconds_total',
  'process_start_time_seconds',
  'process_resident_memory_bytes',
  'process_virtual_memory_bytes',
  'process_heap_bytes',
  'process_open_fds',
  'process_max_fds',
  'nodejs_heap_size_total_bytes',
  'nodejs_heap_size_used_bytes',
  'nodejs_external_memory_bytes',
];

/** From a depool, which takes milliseconds, to the longest of drains; in seconds. */
export const durationBuckets: readonly number[] = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600];

/** The values of those labels that have a fixed set: what is counted by them is there with 0 before anything has happened. */
export const labelValues: {
  readonly action: readonly RunAction[];
  readonly outcome: readonly RunOutcome[];
  readonly phase: readonly Phase[];
  readonly state: readonly ProcessState[];
  readonly placement: readonly (Placement | 'unknown')[];
  readonly code: readonly ErrorCode[];
  readonly kind: readonly SupervisorEvent['kind'][];
  readonly result: readonly ['done', 'failed'];
} = {
  action: runActions,
  outcome: all<RunOutcome>({ done: 0, cut: 0, held: 0, cancelled: 0, failed: 0 }),
  phase: phases,
  state: all<ProcessState>(processStates),
  placement: all<Placement | 'unknown'>({ in: 0, down: 0, out: 0, missing: 0, unknown: 0 }),
  code: ['POOL_UNREACHABLE', 'POOL_REFUSED', 'POOL_MEMBER_MISSING'],
  kind: all<SupervisorEvent['kind']>({
    process_state: 0,
    process_log: 0,
    process_communication: 0,
    supervisor_state_change: 0,
    tick: 0,
    process_group: 0,
    remote_communication: 0,
    unknown: 0,
  }),
  result: ['done', 'failed'],
};

/** All members of a union: one that is forgotten, or that is none, does not compile. */
function all<Name extends string>(names: Readonly<Record<Name, number>>): readonly Name[] {
  return Object.keys(names) as Name[]; // as: Object.keys() widens
}
