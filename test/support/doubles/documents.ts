import type {
  ProcessReport,
  ProcessStatus,
  RunDocument,
  StatusDocument,
  WaitDocument,
} from '../../../src/drain/api.ts';

/** What a run did to web:web_00: nothing much; `given` replaces parts of it. */
export function processReport(given: Partial<ProcessReport> = {}): ProcessReport {
  return {
    name: 'web:web_00',
    outcome: 'done',
    counted: true,
    cut: 0,
    in_flight_at_stop: 0,
    phases: [],
    message: '',
    error_code: '',
    hint: '',
    ...given,
  };
}

/** A stop of one second; `given` replaces parts of it. */
export function runDocument(given: Partial<RunDocument> = {}): RunDocument {
  return {
    id: 'run-1',
    action: 'stop',
    names: ['web:*'],
    occasion: '',
    started_at: '2026-01-02T03:04:05.000Z',
    ended_at: '2026-01-02T03:04:06.000Z',
    outcome: 'done',
    cut: 0,
    message: 'stop done: 1 of 1 process; nothing was cut off.',
    error_code: '',
    hint: '',
    ends_supervisord: false,
    processes: [],
    ...given,
  };
}

/** web:web_00, in its pool and idle; `given` replaces parts of it. */
export function processStatusDocument(given: Partial<ProcessStatus> = {}): ProcessStatus {
  return {
    name: 'web:web_00',
    state: 'RUNNING',
    pid: 4711,
    description: 'pid 4711, uptime 0:01:12',
    pool: 'in',
    in_flight: 0,
    uncounted: false,
    since: '2026-01-02T03:04:05.000Z',
    why: '',
    held: false,
    run: '',
    members: [],
    drift: [],
    ...given,
  };
}

/** The status of these processes. */
export function statusDocument(processes: readonly ProcessStatus[]): StatusDocument {
  return {
    supervisor: { url: 'unix:///run/supervisor.sock', state: 'RUNNING' },
    sidecar: true,
    run: '',
    warnings: [],
    processes,
  };
}

/** The answer to a wait for a run that has ended so. */
export function endedDocument(result: RunDocument): WaitDocument {
  return { run: result.id, ended: true, steps: [], processes: [], result: [result] };
}
