import type { RunDocument, RunOptions } from '../drain/api.ts';
import { isDrainctlError } from '../errors.ts';
import { findOccasion } from '../systemd/occasion.ts';
import { readServiceContext, type ServiceContext } from '../systemd/service-context.ts';
import { sleep } from '../time.ts';
import type { CommandContext } from './command.ts';
import type { ExitCode } from './exit-codes.ts';
import { LeftRun } from './follow.ts';
import { leave, printResult } from './run-action.ts';
import { ServiceProgress } from './service-progress.ts';
import { awaitEnd, endedByItself } from './shutdown-end.ts';
import { runShutdown, type Shutdown } from './shutdown-run.ts';
import { shutDownSilent } from './silent-shutdown.ts';
import { connectSupervisor } from './supervisor.ts';
import { SupervisordWatch } from './supervisord-end.ts';

/** How long a stop that somebody else asked for may take: the gate's time is limited by supervisord itself. */
const gateLimitMs = 3_600_000;

/** What is stopping is looked at again after this long. */
const againMs = 100;

/** How long it may take until supervisord has said what it is doing. */
const askLimitMs = 30_000;

/** The terminal was closed; a shutdown goes on all the same. */
function goOn(): void {}

/** Drains and stops everything, then supervisord, and waits until it has gone; tells systemd of it where systemd asked for it. */
export async function carryOutShutdown(context: CommandContext, keepSupervisord: boolean): Promise<ExitCode> {
  process.on('SIGHUP', goOn);
  const progress = new ServiceProgress(context);
  const service = readServiceContext(context.env);
  // Where the main process has ended already there may be nothing to tell.
  if (!service.isStop || service.mainPid !== undefined) progress.begin('asking supervisord', askLimitMs);
  let outcome = 'the shutdown failed; see the journal';
  try {
    const supervisor = await connectSupervisor(context);
    const keep = keepSupervisord ? { keepSupervisord } : {};
    const options = { deadlineMs: context.deadlineMs, ...keep, ...(await occasionOf(context, service)) };
    const result = await shutDown({ context, supervisor, options, progress, warnOnce: warnerOf(context) }, service);
    outcome = typeof result === 'number' ? 'the shutdown was left' : result.message;
    return typeof result === 'number' ? result : printResult(context, result);
  } finally {
    await progress.end(outcome);
    process.off('SIGHUP', goOn);
  }
}

/** What stops meanwhile is begun again, and not to be warned of again. */
function warnerOf({ stderr }: CommandContext): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (!told.has(message)) stderr.write(`drainctl: ${message}\n`, 'warning');
    told.add(message);
  };
}

/** Only in ExecStop= is there somebody to ask. */
async function occasionOf(context: CommandContext, service: ServiceContext): Promise<Pick<RunOptions, 'occasion'>> {
  if (!service.isStop) return {};
  const warn = (message: string) => context.stderr.write(`drainctl: ${message}\n`, 'warning');
  const occasion = await findOccasion(service.unit, warn);
  return occasion === '' ? {} : { occasion };
}

/** The result, or an exit status where a signal told us to leave. */
async function shutDown(parts: Shutdown, service: ServiceContext): Promise<RunDocument | ExitCode> {
  const { context, supervisor } = parts;
  const startedAtMs = Date.now();
  const watch = new SupervisordWatch(supervisor);
  try {
    for (;;) {
      if ((await waitWhileStopping(parts, watch)) === 'gone') return await endedByItself(context, startedAtMs);
      const result = await runShutdown(parts);
      if (typeof result === 'number') return result;
      if (result === 'stopping') {
        // The sidecar may hold the gate although supervisord runs: it did not answer when the sidecar was to end.
        await sleep(againMs);
        continue;
      }
      return result.ends_supervisord ? await awaitEnd(watch, result, parts.progress) : result;
    }
  } catch (error) {
    if (!isDrainctlError(error, 'SUPERVISOR_UNREACHABLE')) throw error;
    return await shutDownSilent(parts, service, error).catch((left: unknown) => {
      if (left instanceof LeftRun) return leave(context, false, left.runId);
      throw left;
    });
  }
}

/** A reload is waited for too: after it everything runs again, and is still to be shut down. */
async function waitWhileStopping({ context, progress }: Shutdown, watch: SupervisordWatch): Promise<'runs' | 'gone'> {
  if ((await watch.phase()) === 'runs') return 'runs';
  context.stderr.write('drainctl: supervisord is stopping or reloading already; waiting for that\n');
  progress.begin('waiting for supervisord, which is stopping already', gateLimitMs);
  return (await watch.settled(gateLimitMs, () => progress.stillWaits())) === 'gone' ? 'gone' : 'runs';
}
