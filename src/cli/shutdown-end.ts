import type { RunDocument } from '../drain/api.ts';
import { isDrainctlError } from '../errors.ts';
import type { CommandContext } from './command.ts';
import { openEngine } from './connect.ts';
import type { ServiceProgress } from './service-progress.ts';
import type { SupervisordWatch } from './supervisord-end.ts';

/** How long supervisord may take to end once everything has drained; it kills what does not stop, group by group. */
const endLimitMs = 600_000;

/** Waits until supervisord itself has ended, and adds to the result whether it has. */
export async function awaitEnd(
  watch: SupervisordWatch,
  result: RunDocument,
  progress: ServiceProgress,
): Promise<RunDocument> {
  progress.begin('everything has stopped; waiting for the end of supervisord', endLimitMs);
  const phase = await watch.settled(endLimitMs, () => progress.stillWaits()).catch(hangs);
  if (phase === 'gone') return { ...result, message: `${result.message} supervisord has ended.` };
  if (phase === 'runs' && (await watch.isReplaced()))
    return { ...result, message: `${result.message} supervisord has ended, and was started anew by somebody else.` };
  return {
    ...result,
    outcome: 'failed',
    message: `${result.message} But supervisord (pid ${watch.pid}) has not ended.`,
    error_code: 'SUPERVISOR_FAULT',
    hint: 'See what it waits for: "supervisorctl status", and the last lines of its log.',
  };
}

/** Of one that hangs on its way out there is nothing left to save: everything has stopped. */
function hangs(error: unknown): 'stopping' {
  if (!isDrainctlError(error, 'SUPERVISOR_UNREACHABLE')) throw error;
  return 'stopping';
}

/** The result where supervisord was stopped by somebody else. What the gate did about it is in the history. */
export async function endedByItself(context: CommandContext, sinceMs: number): Promise<RunDocument> {
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
    occasion: '',
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
