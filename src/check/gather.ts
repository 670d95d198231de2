import { existsSync, realpathSync } from 'node:fs';
import type { Config, SidecarConfig } from '../config/config.ts';
import { findSupervisor } from '../supervisor/address.ts';
import { createSupervisor } from '../supervisor/client.ts';
import { version } from '../version.ts';
import { absent, derive, type Fact, type Facts, type FactTypes, gather, known, valueOr } from './facts.ts';
import { gatherChangedAt, gatherConfigFile, gatherSocket } from './gather/config-file.ts';
import { gatherJournal } from './gather/journal.ts';
import { gatherPools } from './gather/pools.ts';
import {
  findListeners,
  gatherSettings,
  gatherSupervisord,
  gatherSupervisordProcess,
  planOf,
  readCommandFiles,
  resolveProcesses,
} from './gather/processes.ts';
import { gatherSidecar } from './gather/sidecar.ts';
import { gatherStateDir } from './gather/state-dir.ts';
import { gatherSupervisordConfig, sectionOf } from './gather/supervisord-config.ts';
import { gatherPoolUnits, gatherStopUnit, gatherUnit } from './gather/systemd.ts';

/** What is checked, and in which surroundings. */
export interface GatherOptions {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Looks at everything that the rules decide on, once, and changes nothing. Never rejects for what it can't have: that
 * is a fact too. Rejects with the signal's reason where that is aborted.
 */
export async function gatherFacts({ config, env }: GatherOptions, signal: AbortSignal): Promise<Facts> {
  const { endpoint } = findSupervisor(config.supervisor, env, existsSync);
  const supervisor = createSupervisor(endpoint);
  const [supervisord, unit] = await Promise.all([gatherSupervisord(supervisor, signal), gatherUnit(signal)]);
  const settings = supervisord.kind === 'known' ? await gatherSettings(supervisor, signal) : supervisord;
  const processes = derive(supervisord, ({ infos }) => known(resolveProcesses(config, infos, settings)));
  const listeners = derive(supervisord, ({ infos }) => known(findListeners(infos, settings)));
  const listener = derive(listeners, ([first]) =>
    first === undefined ? absent('there is no listener') : known(first),
  );

  const files = await gatherFiles(config, endpoint.url, signal);
  const [pools, sidecar, supervisordConfig, stopUnit, commandFiles] = await Promise.all([
    gatherPoolFacts(config, processes, files.journal, signal),
    gatherSidecar(config.sidecar.socket, valueOr(listeners, []), supervisord.kind === 'known', signal),
    gatherSupervisordConfig(supervisor, supervisord.kind === 'known', signal),
    gatherStopUnit(unit, signal),
    readCommandFiles(valueOr(processes, [])),
  ]);
  return {
    ...files,
    config: known(config),
    version: known(version),
    supervisord,
    supervisordProcess: supervisord.kind === 'known' ? await gatherSupervisordProcess(supervisor, signal) : supervisord,
    settings,
    processes,
    // A plan counts with the stop order and stopwaitsecs that supervisord tells.
    shutdownPlan: derive(settings, () => derive(processes, (all) => known(planOf('shutdown', all)))),
    gatePlan: derive(settings, () => derive(processes, (all) => known(planOf('gate', all)))),
    commandFiles: known(commandFiles),
    listeners,
    listener,
    listenerConfig: derive(settings, () => derive(listener, (own) => configOf(own))),
    supervisordConfig,
    listenerSection: await gather('listenerSection', signal, async () =>
      derive(supervisordConfig, (file) => derive(listener, (own) => known(sectionOf(file, own)))),
    ),
    pools,
    sidecar,
    front: derive(sidecar, ({ methods }) => frontOf(config.sidecar, methods)),
    unit,
    stopUnit,
    poolUnits: await gatherPoolUnits(unit, pools, signal),
  };
}

type FileFacts = Pick<
  Facts,
  'configFile' | 'configChangedAtMs' | 'sidecarSocket' | 'supervisordSocket' | 'stateDir' | 'journal'
>;

async function gatherFiles(config: Config, supervisorUrl: string, signal: AbortSignal): Promise<FileFacts> {
  const socket = supervisorUrl.startsWith('unix://') ? supervisorUrl.slice('unix://'.length) : undefined;
  const [configFile, configChangedAtMs, sidecarSocket, supervisordSocket, stateDir, journal] = await Promise.all([
    gather('configFile', signal, () => gatherConfigFile(config)),
    gather('configChangedAtMs', signal, () => gatherChangedAt(config)),
    gather('sidecarSocket', signal, () => gatherSocket(config.sidecar.socket, 'there is no sidecar socket')),
    gather('supervisordSocket', signal, () => gatherSocket(socket, 'supervisord has no Unix socket here')),
    gather('stateDir', signal, async () => known(await gatherStateDir(config.stateDir))),
    gather('journal', signal, async () => known(await gatherJournal(config))),
  ]);
  return { configFile, configChangedAtMs, sidecarSocket, supervisordSocket, stateDir, journal };
}

async function gatherPoolFacts(
  config: Config,
  processes: Fact<FactTypes['processes']>,
  journal: Fact<FactTypes['journal']>,
  signal: AbortSignal,
): Promise<Fact<FactTypes['pools']>> {
  if (config.pools.size === 0) return absent('there are no pools in the configuration');
  const entries = journal.kind === 'known' ? journal.value.content.entries : [];
  return known(await gatherPools(config, valueOr(processes, []), entries, signal));
}

function configOf({ config }: FactTypes['listener']): Fact<FactTypes['listenerConfig']> {
  return config === undefined ? absent('supervisord does not tell the settings of the listener') : known(config);
}

/** Only a sidecar that takes supervisord's calls is somewhere that supervisorctl can go. */
function frontOf(sidecar: SidecarConfig, methods: readonly string[]): Fact<FactTypes['front']> {
  const { socket } = sidecar;
  if (!methods.includes('supervisor.stopProcess')) return absent("this sidecar does not take supervisord's calls");
  return known({ socket, isFront: (url) => isSidecarUrl(url, sidecar) });
}

/** The Unix socket, or the TCP address that `sidecar.listen` names, by whatever name of this machine. */
function isSidecarUrl(url: string, { socket, listen }: SidecarConfig): boolean {
  if (url.startsWith('unix://')) return realPath(url.slice('unix://'.length)) === realPath(socket);
  return listen !== undefined && URL.canParse(url) && new URL(url).port === String(listen.port);
}

/** /var/run is /run. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
