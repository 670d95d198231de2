import type { DrainApi, RunDocument, RunOptions } from '../drain/api.ts';
import { isSidecar, runsSidecar } from '../drain/self.ts';
import { isDrainctlError } from '../errors.ts';
import type { ProcessName } from '../supervisor/process.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { Command, CommandContext } from './command.ts';
import { type Connection, connect, openEngine } from './connect.ts';
import type { ExitCode } from './exit-codes.ts';
import { followRun, LeftRun } from './follow.ts';
import { leave, printResult } from './run-action.ts';
import { connectSupervisor } from './supervisor.ts';
import { SupervisordWatch } from './supervisord-end.ts';

/** How long supervisord may take to end once everything has drained; it kills what does not stop, group by group. */
const endLimitMs = 600_000;

/** How long a stop that somebody else asked for may take: the gate's time is limited by supervisord itself. */
const gateLimitMs = 3_600_000;

export const shutdown: Command = {
  name: 'shutdown',
  args: '',
  summary: 'Drain and stop everything, then supervisord itself, and wait until it has gone.',
  description:
    'For ExecStop= of supervisord.service. Should the sidecar go away on the way, this command carries on by itself.',
  examples: ['drainctl shutdown', 'drainctl shutdown --deadline 2m', 'drainctl shutdown --keep-supervisord'],
  options: [{ flags: '--keep-supervisord', description: 'stop the processes, but leave supervisord itself running' }],
  async run(context, { options }) {
    const runOptions: RunOptions = {
      deadlineMs: context.deadlineMs,
      ...(options['keepSupervisord'] === true ? { keepSupervisord: true } : {}),
    };
    const supervisor = await connectSupervisor(context);
    const watch = new SupervisordWatch(supervisor);
    const startedAtMs = Date.now();
    for (;;) {
      if ((await waitWhileStopping(context, watch)) === 'gone')
        return printResult(context, await endedByItself(context, startedAtMs));
      const result = await shutDown(context, supervisor, runOptions);
      if (typeof result === 'number') return result;
      if (result === 'stopping') continue;
      return printResult(context, result.ends_supervisord ? await awaitEnd(watch, result) : result);
    }
  },
};

/** A reload is waited for too: after it everything runs again, and is still to be shut down. */
async function waitWhileStopping(context: CommandContext, watch: SupervisordWatch): Promise<'runs' | 'gone'> {
  if ((await watch.phase()) === 'runs') return 'runs';
  context.stderr.write('drainctl: supervisord is stopping or reloading already; waiting for that\n');
  return (await watch.settled(gateLimitMs)) === 'gone' ? 'gone' : 'runs';
}

/** The result; an exit status where a signal told us to leave; `stopping` where supervisord began to stop by itself. */
async function shutDown(
  context: CommandContext,
  supervisor: Supervisor,
  options: RunOptions,
): Promise<RunDocument | ExitCode | 'stopping'> {
  const connection = await connect(context);
  if (connection.sidecarHangs) await killSidecar(context, supervisor);
  try {
    const result = await carryThrough(context, connection, options, supervisor);
    const wasOvertaken = result.outcome === 'cancelled' || result.outcome === 'failed';
    return wasOvertaken && !result.ends_supervisord && (await isStopping(supervisor)) ? 'stopping' : result;
  } catch (error) {
    if (error instanceof LeftRun) return leave(context, connection.isSidecar, error.runId);
    if (isDrainctlError(error, 'SUPERVISOR_SHUTTING_DOWN')) return 'stopping';
    throw error;
  }
}

/** Follows the run; where the sidecar goes away before the result is here, an engine of our own does the rest. */
async function carryThrough(
  context: CommandContext,
  connection: Connection,
  options: RunOptions,
  supervisor: Supervisor,
): Promise<RunDocument> {
  let runId = '';
  try {
    runId = await connection.api.start('shutdown', [], options);
    return await followRun(context, connection.api, runId, 'leave');
  } catch (error) {
    if (!connection.isSidecar || !isLost(error)) throw error;
    if (isDrainctlError(error) && error.details['hangs'] === true) await killSidecar(context, supervisor);
    const own = await openEngine(context);
    const known = await resultInHistory(own, runId);
    // Written down before supervisord was told: the sidecar may have gone in between.
    if (known !== undefined && (!known.ends_supervisord || (await isStopping(supervisor)))) return known;
    context.stderr.write('drainctl: the sidecar has gone away; this command carries on by itself\n');
    return followRun(context, own, await own.start('shutdown', [], options), 'leave');
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

async function isStopping(supervisor: Supervisor): Promise<boolean> {
  try {
    return (await supervisor.getState()) !== 'RUNNING';
  } catch (error) {
    return isDrainctlError(error, 'SUPERVISOR_SHUTTING_DOWN') || isDrainctlError(error, 'SUPERVISOR_UNREACHABLE');
  }
}

/**
 * supervisord would wait for a sidecar that hangs as long as its stopwaitsecs, before it stopped anything else. Killed,
 * it loses nothing: what it took out is in the journal, and supervisord starts a new one.
 */
async function killSidecar(context: CommandContext, supervisor: Supervisor): Promise<void> {
  try {
    const sidecar = await findSidecar(supervisor);
    if (sidecar === undefined) return;
    context.stderr.write(`drainctl: ${sidecar} hangs; it is killed, and supervisord starts it anew\n`);
    await supervisor.signalProcess(sidecar, 'KILL');
  } catch (error) {
    if (!isDrainctlError(error)) throw error;
    context.stderr.write(`drainctl: the sidecar hangs and could not be killed: ${error.message}\n`);
  }
}

async function findSidecar(supervisor: Supervisor): Promise<ProcessName | undefined> {
  try {
    return (await supervisor.getAllConfigInfo()).find(isSidecar)?.fullName;
  } catch (error) {
    if (!isDrainctlError(error, 'RPC_PROTOCOL')) throw error;
    return (await supervisor.getAllProcessInfo()).find(runsSidecar)?.fullName;
  }
}

async function awaitEnd(watch: SupervisordWatch, result: RunDocument): Promise<RunDocument> {
  if ((await watch.settled(endLimitMs)) === 'gone')
    return { ...result, message: `${result.message} supervisord has ended.` };
  return {
    ...result,
    outcome: 'failed',
    message: `${result.message} But supervisord (pid ${watch.pid}) has not ended.`,
    error_code: 'SUPERVISOR_FAULT',
    hint: 'See what it waits for: "supervisorctl status", and the last lines of its log.',
  };
}

/** supervisord was stopped by somebody else. What the gate did about it is in the history. */
async function endedByItself(context: CommandContext, sinceMs: number): Promise<RunDocument> {
  const own = await openEngine(context);
  const runs = await own.getHistory(10);
  const gate = runs.find((run) => run.action === 'gate' && Date.parse(run.ended_at) >= sinceMs);
  if (gate !== undefined)
    return { ...gate, message: `supervisord was stopping already. ${gate.message} supervisord has ended.` };
  const now = new Date().toISOString();
  return {
    id: '',
    action: 'shutdown',
    names: [],
    started_at: new Date(sinceMs).toISOString(),
    ended_at: now,
    outcome: 'failed',
    cut: -1,
    message:
      'supervisord was stopping already and has ended. The history has no run of the gate, so it is not known what was cut off.',
    error_code: '',
    hint: 'See that [eventlistener:drain] is loaded and runs: "supervisorctl status drain".',
    ends_supervisord: false,
    processes: [],
  };
}
