import { existsSync } from 'node:fs';
import { loadConfig } from '../config/load.ts';
import { Engine } from '../drain/engine.ts';
import { onStopSignal } from '../stop-signals.ts';
import { findSupervisor } from '../supervisor/address.ts';
import { createSupervisor } from '../supervisor/client.ts';
import { holdGate, whyStopped } from './gate.ts';
import { wasGateHeld } from './gate-mark.ts';
import { createJsonLog } from './json-log.ts';
import type { ListenOptions } from './listen.ts';

/** How often is looked whether supervisord is still our parent. */
const parentPollMs = 2_000;

/**
 * The second gate: supervisord stops it right after the sidecar, and waits for it before it stops any program. What the
 * sidecar has drained is drained, and it leaves at once; where the sidecar was killed while it held the gate, or did not
 * run at all, it goes on from the journal and from what the sidecar saw last. Until then it does nothing, and reads the
 * configuration only when its time has come. Resolves with the exit status.
 */
export async function standby({ configFile, env }: ListenOptions): Promise<number> {
  const supervisordPid = process.ppid;
  const supervisordLives = () => process.ppid === supervisordPid;
  if ((await untilStopped(supervisordLives)) === 'supervisord has gone') return 0;
  const config = loadConfig(configFile, { env });
  const log = createJsonLog(config.log.level);
  const { endpoint } = findSupervisor(config.supervisor, env, existsSync);
  const supervisor = createSupervisor(endpoint);
  const engine = new Engine({ config, supervisor, log, isSidecar: true });
  try {
    const reason = await whyStopped(supervisor, log, supervisordLives);
    log.info(`standby: ${reason}`);
    if (reason !== 'supervisord stops') return 0;
    if (await wasGateHeld(config.stateDir)) log.info('standby: the sidecar has drained everything');
    else await holdGate(engine, log);
    return 0;
  } finally {
    engine.close();
    await log.flush();
  }
}

/** Waits for the signal, or until supervisord has died: then there is no gate to hold. */
function untilStopped(supervisordLives: () => boolean): Promise<'signalled' | 'supervisord has gone'> {
  return new Promise((resolve) => {
    const watch = setInterval(() => {
      if (supervisordLives()) return;
      clearInterval(watch);
      resolve('supervisord has gone');
    }, parentPollMs);
    onStopSignal(() => {
      clearInterval(watch);
      resolve('signalled');
    });
  });
}
