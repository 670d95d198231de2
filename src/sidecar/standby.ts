import { existsSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { Engine } from '../drain/engine.ts';
import type { Snapshot } from '../drain/snapshot.ts';
import { toDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import { onStopSignal } from '../stop-signals.ts';
import { findSupervisor } from '../supervisor/address.ts';
import { createSupervisor } from '../supervisor/client.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { bootClockMs, monotonicMs } from '../time.ts';
import { version } from '../version.ts';
import { lookFirst } from './first-look.ts';
import { holdGate, whyStopped } from './gate.ts';
import { wasGateHeld } from './gate-mark.ts';
import { createJsonLog } from './json-log.ts';
import type { ListenOptions } from './listen.ts';
import { loadAll } from './load-all.ts';
import { outliveBugs } from './outlive-bugs.ts';

/** How often is looked whether supervisord is still our parent. */
const parentPollMs = 2_000;

/**
 * The second gate: supervisord stops it right after the sidecar, and waits for it before it stops any program. What the
 * sidecar has drained is drained, and it leaves at once; where the sidecar was killed while it held the gate, or did not
 * run at all, it goes on from the journal and from what the sidecar saw last, or it itself at its start. Until then it does
 * nothing; it goes by the configuration as it is when its time has come. Resolves with the exit status.
 */
export async function standby({ configFile, env }: ListenOptions): Promise<number> {
  // When this process was started, and not when it got here: a shutdown may have begun meanwhile.
  const startedAtMs = bootClockMs() - monotonicMs();
  const supervisordPid = process.ppid;
  const supervisordLives = () => process.ppid === supervisordPid;
  const supervisordGone = new AbortController();
  const watch = setInterval(() => {
    if (!supervisordLives()) supervisordGone.abort();
  }, parentPollMs);
  const config = loadConfig(configFile, { env });
  const log = createJsonLog(config.log.level);
  outliveBugs(log);
  await loadAll();
  const seenFirst = await lookFirst(supervisorOf(config, env), config.stateDir, log);
  log.info(`drainctl ${version} stands by, and does nothing until supervisord stops`, { config: config.file });
  try {
    if ((await untilStopped(supervisordGone.signal)) === 'supervisord has gone') return 0;
    const engine = await engineNow(() => loadConfig(configFile, { env }), { atStart: config, seenFirst, env, log });
    try {
      const reason = await whyStopped(engine.world.supervisor, log, supervisordLives);
      log.info(`standby: ${reason === 'only the listener stops' ? 'only the standby stops' : reason}`);
      if (reason !== 'supervisord stops') return 0;
      if (await wasGateHeld(engine.config.stateDir, startedAtMs))
        log.info('standby: the sidecar has drained everything');
      else await holdGateOf(engine, log, supervisordGone.signal);
      return 0;
    } finally {
      engine.close();
    }
  } finally {
    clearInterval(watch);
    await log.flush();
  }
}

/** What a standby knows from its start. */
interface Start extends Pick<ListenOptions, 'env'> {
  readonly atStart: Config;
  readonly seenFirst: () => Promise<Snapshot | undefined>;
  readonly log: Log;
}

/** An engine by the configuration as it is now; by that of our start where there is a mistake in it. */
async function engineNow(load: () => Config, { atStart, seenFirst, env, log }: Start): Promise<Engine> {
  const snapshot = await seenFirst();
  const engineBy = (config: Config) => {
    const lastSeen = config.stateDir === atStart.stateDir ? { snapshot } : undefined;
    return new Engine({ config, supervisor: supervisorOf(config, env), log, isSidecar: true, lastSeen });
  };
  try {
    return engineBy(load());
  } catch (error) {
    log.error(`goes by the configuration that it was started with: ${toDrainctlError(error).toText()}`);
    return engineBy(atStart);
  }
}

function supervisorOf(config: Config, env: NodeJS.ProcessEnv): Supervisor {
  return createSupervisor(findSupervisor(config.supervisor, env, existsSync).endpoint);
}

/** As the sidecar's gate: where supervisord itself has gone there is nobody whose stops it would hold up. */
async function holdGateOf(engine: Engine, log: Log, supervisordGone: AbortSignal): Promise<void> {
  const end = () => {
    log.warn('supervisord has gone; the standby ends');
    engine.endAll('supervisord gone');
  };
  const held = holdGate(engine, log);
  if (supervisordGone.aborted) end();
  supervisordGone.addEventListener('abort', end, { once: true });
  await held;
  supervisordGone.removeEventListener('abort', end);
}

/** Waits for the signal, or until supervisord has died: then there is no gate to hold. */
function untilStopped(supervisordGone: AbortSignal): Promise<'signalled' | 'supervisord has gone'> {
  return new Promise((resolve) => {
    if (supervisordGone.aborted) resolve('supervisord has gone');
    supervisordGone.addEventListener('abort', () => resolve('supervisord has gone'), { once: true });
    onStopSignal(() => resolve('signalled'));
  });
}
