import type { Config } from '../config/config.ts';
import type { ProcessReport, RunAction, RunDocument, RunOptions } from '../drain/api.ts';
import type { Engine } from '../drain/engine.ts';
import { findSupervisordPid, pidExists } from '../drain/live-pids.ts';
import { isOurselves } from '../drain/self.ts';
import type { Snapshot } from '../drain/snapshot.ts';
import { SnapshotFile } from '../drain/snapshot-file.ts';
import { sentence } from '../errors.ts';
import type { ProcessInfo, ProcessName } from '../supervisor/process.ts';
import { silentSupervisor } from '../supervisor/silent.ts';
import type { ServiceContext } from '../systemd/service-context.ts';
import { openLastSeenEngine, readConfig } from './connect.ts';
import { followRun } from './follow.ts';
import type { Shutdown } from './shutdown-run.ts';
import { judgeSilence, nothingKnown, sayHangs } from './silence.ts';

/** After a crash everything is to be quick: systemd kills what is left when this command has ended. */
const crashDeadlineMs = 10_000;

/** Another drainctl that is at work, and does not notice that supervisord has gone, is waited for this long. */
const crashLimitMs = 30_000;

/**
 * What a shutdown does where supervisord does not answer. One that has ended: depools what it ran, at once. One that
 * hangs: depools and drains everything, as the gate would, because systemd is about to kill it. Resolves with the result.
 *
 * @throws `error`, which asking supervisord failed with, where there is nothing to go by; a {@link LeftRun} where a
 *   signal told us to leave.
 */
export async function shutDownSilent(
  shutdown: Shutdown,
  service: ServiceContext,
  error: unknown,
): Promise<RunDocument> {
  const config = await readConfig(shutdown.context);
  const snapshot = await new SnapshotFile(config.stateDir).read();
  const silence = judgeSilence({ error, service, livingPid: livingPid(service, snapshot) });
  if (silence.kind === 'unknown') throw error;
  const silent = { shutdown, config, snapshot };
  if (silence.kind === 'hangs') return drainHung(silent, silence.pid, service, error);
  return depoolAfterEnd(silent, service, silence.kind === 'crashed');
}

/** What the two ways share. */
interface Silent {
  readonly shutdown: Shutdown;
  readonly config: Config;
  readonly snapshot: Snapshot | undefined;
}

function livingPid({ mainPid }: ServiceContext, snapshot: Snapshot | undefined): number | undefined {
  if (mainPid !== undefined && pidExists(mainPid)) return mainPid;
  return snapshot === undefined ? undefined : findSupervisordPid(snapshot);
}

async function drainHung(
  silent: Silent,
  pid: number | undefined,
  service: ServiceContext,
  error: unknown,
): Promise<RunDocument> {
  const { shutdown, config, snapshot } = silent;
  const { context, options } = shutdown;
  if (snapshot === undefined) throw nothingKnown(pid, config.stateDir, error);
  context.stderr.write(
    `drainctl: ${sayHangs(pid)}; what it was last seen to run is taken out of its pools and drained\n`,
    'warning',
  );
  const run = await runAsLastSeen(silent, pid ?? 0, 'gate', { ...options, keepsDeadlines: true });
  return {
    ...run,
    outcome: 'failed',
    message: sayDrained(run, pid, service),
    error_code: 'SUPERVISOR_UNREACHABLE',
    hint: 'See what supervisord waits for: its log, and what its process is doing. What is out goes back when it runs again and is ready.',
  };
}

function sayDrained(run: RunDocument, pid: number | undefined, service: ServiceContext): string {
  const how = run.outcome === 'done' || run.outcome === 'cut' ? 'was depooled and drained' : 'could not all be drained';
  const next = service.isStop
    ? 'systemd now signals it, and the gate then finds things so.'
    : 'It still runs, and so does what it ran, out of its pools.';
  return `${sayHangs(pid)}, so nothing was stopped. What it was last seen to run ${how}: ${run.message} ${next}`;
}

async function depoolAfterEnd(silent: Silent, service: ServiceContext, crashed: boolean): Promise<RunDocument> {
  const { shutdown, config, snapshot } = silent;
  const { context, options } = shutdown;
  const what = crashed ? sayCrashed(service) : 'supervisord has ended';
  if (crashed) context.stderr.write(`drainctl: ${what}; what it ran is taken out of its pools\n`, 'warning');
  if (snapshot === undefined) return notSeen(options, what, crashed, config.stateDir);
  const living = crashed ? [] : survivors(snapshot);
  if (living.length > 0) return livesOn(options, what, living);
  const run = await runAsLastSeen(silent, 0, 'depool', {
    ...options,
    deadlineMs: Math.min(options.deadlineMs ?? crashDeadlineMs, crashDeadlineMs),
    occasion: crashed ? 'supervisord crashed' : undefined,
  });
  return { ...run, message: `${what}. ${sayDepooled(run)}` };
}

function sayCrashed({ result, mainEnd }: ServiceContext): string {
  const how = mainEnd === '' ? '' : ` (${mainEnd})`;
  return result === 'timeout'
    ? `supervisord was killed after systemd's time-out${how}`
    : `supervisord has crashed${how}`;
}

/** What a depool after the end of supervisord did. */
function sayDepooled(run: RunDocument): string {
  const out = run.processes.filter((process) => process.outcome === 'done');
  const still = run.processes.filter((process) => process.outcome !== 'done');
  if (run.processes.length === 0) {
    return run.outcome === 'done' ? 'It ran nothing any more.' : `Nothing could be taken out: ${run.message}`;
  }
  return [
    out.length === 0 ? 'Nothing was taken out of a pool.' : `Taken out of their pools: ${namesOf(out)}.`,
    out.length === 0 ? '' : 'They go back when supervisord runs again and they are ready.',
    ...still.map((process) => sentence(`${process.name} could not be taken out: ${process.message}`)),
  ]
    .filter((text) => text !== '')
    .join(' ');
}

function namesOf(reports: readonly ProcessReport[]): string {
  return reports.map((process) => process.name).join(', ');
}

/** A supervisord that ends in order ends what it runs. What lives on has outlived a crash (KillMode=process), and serves. */
function survivors({ infos, configs }: Snapshot): ProcessName[] {
  const isProgram = (info: ProcessInfo) => !isOurselves(info, configs.get(info.fullName) ?? { command: '' });
  return infos.filter((info) => isProgram(info) && pidExists(info.pid)).map(({ fullName }) => fullName);
}

function livesOn(options: RunOptions, what: string, living: readonly ProcessName[]): RunDocument {
  const message = `${what}. What it ran still runs, and stays in its pools: ${living.join(', ')}.`;
  const hint =
    'End them before supervisord is started anew, which finds their ports taken; KillMode=mixed in its unit does so.';
  return { ...noRun(options), outcome: 'done', cut: 0, message, hint };
}

/** Without a sidecar nobody has seen what supervisord ran. */
function notSeen(options: RunOptions, what: string, crashed: boolean, stateDir: string): RunDocument {
  return {
    ...noRun(options),
    outcome: crashed ? 'failed' : 'done',
    cut: crashed ? -1 : 0,
    message: crashed
      ? `${what}. What it ran is not known, because ${stateDir}/processes.json is not there, so nothing was taken out of a pool.`
      : `${what}.`,
    error_code: crashed ? 'SUPERVISOR_UNREACHABLE' : '',
    hint: crashed ? 'The sidecar writes that file: see that [eventlistener:drain] is loaded.' : '',
  };
}

/** The result of a depool that had nothing to do. */
function noRun(options: RunOptions): Omit<RunDocument, 'outcome' | 'cut' | 'message'> {
  const now = new Date().toISOString();
  return {
    id: '',
    action: 'depool',
    names: [],
    occasion: options.occasion ?? '',
    started_at: now,
    ended_at: now,
    error_code: '',
    hint: '',
    ends_supervisord: false,
    processes: [],
  };
}

async function runAsLastSeen(
  { shutdown, config }: Silent,
  supervisordPid: number,
  action: RunAction,
  options: RunOptions,
): Promise<RunDocument> {
  const { context, supervisor, progress } = shutdown;
  const engine = await openLastSeenEngine(context, config, silentSupervisor(supervisor.url), supervisordPid);
  const limitMs = await limitOf(engine, action, options);
  const isOrdinary = action === 'depool' && options.occasion !== 'supervisord crashed';
  if (!isOrdinary) progress.begin(action, limitMs);
  const observer = isOrdinary ? undefined : progress.ofRun(action, action === 'depool' ? 'depooled' : 'drained');
  const run = engine.begin(action, [], options);
  const giveUp = setTimeout(() => run.end('supervisord gone'), action === 'depool' ? limitMs : 2 ** 31 - 1);
  try {
    return await followRun(context, engine, run.id, 'leave', observer);
  } finally {
    clearTimeout(giveUp);
    engine.close();
  }
}

async function limitOf(engine: Engine, action: RunAction, options: RunOptions): Promise<number> {
  if (action === 'depool') return crashLimitMs;
  const plan = await engine.getPlan(action, [], { deadlineMs: options.deadlineMs }).catch(() => undefined);
  return (plan?.worst_case_ms ?? 0) + crashLimitMs;
}
