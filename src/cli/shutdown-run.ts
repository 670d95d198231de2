import { unconfiguredWarning } from '../config/unconfigured.ts';
import type { DrainApi, RunDocument, RunOptions } from '../drain/api.ts';
import { DrainctlError, isDrainctlError } from '../errors.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { CommandContext } from './command.ts';
import { type Connection, connect, openEngine } from './connect.ts';
import type { ExitCode } from './exit-codes.ts';
import { followRun, LeftRun, type RunObserver } from './follow.ts';
import { killSidecar } from './hung-sidecar.ts';
import { leave } from './run-action.ts';
import type { ServiceProgress } from './service-progress.ts';
import { isRefused } from './supervisord-end.ts';

/** What a shutdown run may take beyond its plan: locks, pools that answer late, the calls themselves. */
const marginMs = 15_000;

/** supervisord has just been asked other things, and answers at once if at all. */
const askLimitMs = 3_000;

/** How long a run may take whose plan can't be had. */
const unplannedLimitMs = 600_000;

/** What the parts of `drainctl shutdown` share. */
export interface Shutdown {
  readonly context: CommandContext;
  readonly supervisor: Supervisor;
  readonly options: RunOptions;
  readonly progress: ServiceProgress;
  /** Tells the operator what has not been told yet. */
  readonly warnOnce: (message: string) => void;
}

/**
 * Carries out the run, by the sidecar or by an engine of our own. Resolves with the result; with an exit status where a
 * signal told us to leave; with `stopping` where supervisord began to stop by itself meanwhile.
 *
 * @throws DrainctlError `SUPERVISOR_UNREACHABLE` where supervisord hangs, before anything was done.
 */
export async function runShutdown(shutdown: Shutdown): Promise<RunDocument | ExitCode | 'stopping'> {
  const { context, supervisor } = shutdown;
  const connection = await connect(context);
  if (connection.sidecarHangs) await killSidecar(context, supervisor);
  const { config } = connection.sidecar ?? (await connection.api.getVersion());
  if (config === '') shutdown.warnOnce(unconfiguredWarning);
  try {
    const result = await carryThrough(connection, shutdown);
    const wasOvertaken = result.outcome === 'cancelled' || result.outcome === 'failed';
    if (!wasOvertaken || result.ends_supervisord) return result;
    if (await isStopping(supervisor)) return 'stopping';
    if (result.error_code === 'SUPERVISOR_UNREACHABLE' && result.processes.length === 0)
      throw new DrainctlError('SUPERVISOR_UNREACHABLE', result.message, { hint: result.hint });
    return result;
  } catch (error) {
    if (error instanceof LeftRun) return leave(context, connection.isSidecar, error.runId);
    if (isDrainctlError(error, 'SUPERVISOR_SHUTTING_DOWN')) return 'stopping';
    throw error;
  }
}

/** Follows the run; where the sidecar goes away before the result is here, an engine of our own does the rest. */
async function carryThrough(connection: Connection, shutdown: Shutdown): Promise<RunDocument> {
  const { context, supervisor, options } = shutdown;
  let runId = '';
  try {
    const observer = await watchedBySystemd(connection.api, shutdown);
    runId = await start(connection.api, options);
    return await followRun(context, connection.api, runId, 'leave', observer);
  } catch (error) {
    if (!connection.isSidecar || !isLost(error)) throw error;
    if (isDrainctlError(error) && error.details['hangs'] === true) await killSidecar(context, supervisor);
    const own = await openEngine(context);
    const known = await resultInHistory(own, runId);
    // Written down before supervisord was told: the sidecar may have gone in between.
    if (known !== undefined && (!known.ends_supervisord || (await isStopping(supervisor)))) return known;
    context.stderr.write('drainctl: the sidecar has gone away; this command carries on by itself\n', 'warning');
    const observer = await watchedBySystemd(own, shutdown);
    return followRun(context, own, await start(own, options), 'leave', observer);
  }
}

/** An occasion is for people; a sidecar of an earlier version that does not know the option must not refuse for it. */
async function start(api: DrainApi, options: RunOptions): Promise<string> {
  try {
    return await api.start('shutdown', [], options);
  } catch (error) {
    if (options.occasion === undefined || !isDrainctlError(error, 'USAGE')) throw error;
    return api.start('shutdown', [], { ...options, occasion: undefined });
  }
}

/** systemd hears of the run for as long as its plan takes at worst. */
async function watchedBySystemd(api: DrainApi, { options, progress }: Shutdown): Promise<RunObserver> {
  if (progress.isWanted) progress.begin('shutdown', (await worstCaseMs(api, options)) + marginMs);
  return progress.ofRun('shutdown', 'stopped');
}

/** What goes wrong here goes wrong again, and is told, when the run is started. */
async function worstCaseMs(api: DrainApi, options: RunOptions): Promise<number> {
  try {
    return (await api.getPlan('shutdown', [], { deadlineMs: options.deadlineMs })).worst_case_ms;
  } catch (error) {
    if (!isDrainctlError(error)) throw error;
    return unplannedLimitMs;
  }
}

/** The sidecar's process has gone, or a new one is in its place that does not know the run. */
function isLost(error: unknown): boolean {
  return isDrainctlError(error, 'SIDECAR_UNREACHABLE') || isDrainctlError(error, 'RUN_NOT_FOUND');
}

async function resultInHistory(api: DrainApi, runId: string): Promise<RunDocument | undefined> {
  const runs = await api.getHistory(10);
  return runs.find((run) => run.id === runId);
}

/** True also where it has gone: its socket refuses. One that does not answer at all hangs, and is not waited for. */
async function isStopping(supervisor: Supervisor): Promise<boolean> {
  try {
    return (await supervisor.getState(AbortSignal.timeout(askLimitMs))) !== 'RUNNING';
  } catch (error) {
    return isDrainctlError(error, 'SUPERVISOR_SHUTTING_DOWN') || isRefused(error);
  }
}
