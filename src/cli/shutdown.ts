import type { DrainApi, RunDocument, RunOptions } from '../drain/api.ts';
import { isSidecar } from '../drain/self.ts';
import { isDrainctlError } from '../errors.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { Command, CommandContext } from './command.ts';
import { type Connection, connect, openEngine } from './connect.ts';
import { followRun, LeftRun } from './follow.ts';
import { leave, printResult } from './run-action.ts';
import { connectSupervisor } from './supervisor.ts';
import { observeSupervisord, type Supervisord } from './supervisord-gone.ts';

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
    const supervisord = await observeSupervisord(supervisor);
    if (supervisord.isStopping) return printResult(context, await awaitGone(supervisord, stoppingAlready()));
    const connection = await connect(context);
    if (connection.sidecarHangs) await killSidecar(context, supervisor);
    const runId = await connection.api.start('shutdown', [], runOptions);
    try {
      const result = await carryThrough(context, connection, runId, runOptions, supervisor);
      const isStopping = (result.outcome === 'done' || result.outcome === 'cut') && runOptions.keepSupervisord !== true;
      return printResult(context, isStopping ? await awaitGone(supervisord, result) : result);
    } catch (error) {
      if (error instanceof LeftRun) return leave(context, connection.isSidecar, runId);
      throw error;
    }
  },
};

/**
 * supervisord would wait for a sidecar that hangs as long as its stopwaitsecs, before it stopped anything else. Killed,
 * it loses nothing: what it took out is in the journal, and supervisord starts a new one.
 */
async function killSidecar(context: CommandContext, supervisor: Supervisor): Promise<void> {
  const sidecar = (await supervisor.getAllConfigInfo()).find(isSidecar);
  if (sidecar === undefined) return;
  context.stderr.write(`drainctl: ${sidecar.fullName} hangs; it is killed, and supervisord starts it anew\n`);
  await supervisor.signalProcess(sidecar.fullName, 'KILL');
}

/** Follows the run; where the sidecar goes away before the result is here, an engine of our own does the rest. */
async function carryThrough(
  context: CommandContext,
  connection: Connection,
  runId: string,
  options: RunOptions,
  supervisor: Supervisor,
): Promise<RunDocument> {
  try {
    return await followRun(context, connection.api, runId, 'leave');
  } catch (error) {
    if (!connection.isSidecar || !isLost(error)) throw error;
    const own = await openEngine(context);
    const known = await resultInHistory(own, runId);
    if (known !== undefined) return known;
    context.stderr.write('drainctl: the sidecar has gone away; this command carries on by itself\n');
    const result = await followRun(context, own, await own.start('shutdown', [], options), 'leave');
    return (await isOnItsWayDown(result, supervisor)) ? stoppingAlready() : result;
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

/** The run could not be carried on because supervisord is stopping already: what was left is drained by the gate. */
async function isOnItsWayDown(result: RunDocument, supervisor: Supervisor): Promise<boolean> {
  if (result.outcome !== 'failed' || result.processes.length > 0) return false;
  try {
    return (await supervisor.getState()) !== 'RUNNING';
  } catch (error) {
    return isDrainctlError(error, 'SUPERVISOR_SHUTTING_DOWN') || isDrainctlError(error, 'SUPERVISOR_UNREACHABLE');
  }
}

/** No run of ours: supervisord was stopping before we could begin one. */
function stoppingAlready(): RunDocument {
  const now = new Date().toISOString();
  return {
    id: '',
    action: 'shutdown',
    names: [],
    started_at: now,
    ended_at: now,
    outcome: 'done',
    cut: 0,
    message:
      'supervisord is stopping already; what runs is drained by the gate, and "drainctl history" tells how that went.',
    error_code: '',
    hint: '',
    processes: [],
  };
}

async function awaitGone(supervisord: Supervisord, result: RunDocument): Promise<RunDocument> {
  if (await supervisord.gone()) return { ...result, message: `${result.message} supervisord has ended.` };
  return {
    ...result,
    outcome: 'failed',
    message: `${result.message} But supervisord (pid ${supervisord.pid}) has not ended.`,
    error_code: 'SUPERVISOR_FAULT',
    hint: 'See what it waits for: "supervisorctl status", and the last lines of its log.',
  };
}
