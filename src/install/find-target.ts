import { execPath } from 'node:process';
import type { Config } from '../config/config.ts';
import { defaultConfigFile } from '../config/defaults.ts';
import { isDrainctlError } from '../errors.ts';
import type { RpcEndpoint } from '../rpc/rpc.ts';
import { createSupervisor } from '../supervisor/client.ts';
import { readSupervisordConfig } from '../supervisor/config-file.ts';
import {
  findSupervisordConfig,
  plainStart,
  type SupervisordStart,
  supervisordStartOf,
} from '../supervisor/find-config.ts';
import { createProcessGroups } from '../supervisor/process-groups.ts';
import { daemonReload, systemdRuns, type Unit } from '../systemd/systemctl.ts';
import { systemdPath } from './command-line.ts';
import { findUnit, unitNotes, unitTextOf } from './find-unit.ts';
import { readShipped } from './shipped.ts';
import { supervisorctlReminder } from './supervisorctl.ts';
import { type InstallTarget, listenerGroup, type RunningSupervisord, type UninstallTarget } from './target.ts';

/** The folder of the administrator's units. systemd.unit(5), "Unit File Load Path" */
const systemdFolder = '/etc/systemd/system';

/** What was said of where to install. */
export interface Wishes {
  readonly config: Config;
  /** supervisord's address. */
  readonly endpoint: RpcEndpoint;
  /** Undefined: whichever of the usual names is there. */
  readonly unit: string | undefined;
  /** False: leave systemd alone. */
  readonly withSystemd: boolean;
}

/**
 * Finds out what an install on this machine is about.
 *
 * @throws DrainctlError `INSTALL_REFUSED` for a unit that is not there, `SUPERVISOR_CONFIG`, `SYSTEMD_FAILED`, and
 *   those of a supervisord that is there and does not let itself be asked
 */
export async function findInstallTarget(wishes: Wishes): Promise<InstallTarget> {
  const { config } = wishes;
  const shipped = readShipped();
  const running = await findRunning(wishes.endpoint);
  const unit = await findUnit({ ...wishes, supervisordPid: running?.pid });
  const start = running?.start ?? startOfUnit(unit) ?? plainStart;
  const named = config.file === '' || config.file === defaultConfigFile ? undefined : config.file;
  return {
    shipped,
    program: { node: execPath, main: shipped.main },
    paths: { supervisord: running?.start.env['PATH'] ?? systemdPath, systemd: systemdPath },
    configFile: named,
    stateDir: config.stateDir,
    sidecarSocket: config.sidecar.socket,
    supervisordConfig: readSupervisordConfig(findSupervisordConfig(start), { env: start.env }),
    supervisord: running?.supervisord,
    systemd: unit && {
      folder: systemdFolder,
      unit: unit.name,
      unitText: unitTextOf(unit),
      reload: daemonReload,
    },
    notes: [...configNotes(config), ...unitNotes(wishes.withSystemd, unit)],
  };
}

/** Finds out what an uninstall on this machine is about; rejects as {@link findInstallTarget} does. */
export async function findUninstallTarget({
  config,
  endpoint,
}: Pick<Wishes, 'config' | 'endpoint'>): Promise<UninstallTarget> {
  const running = await findRunning(endpoint);
  return {
    stateDir: config.stateDir,
    supervisord: running?.supervisord,
    systemd: systemdRuns() ? { reload: daemonReload } : undefined,
    notes: reminders(config, running?.start ?? plainStart),
  };
}

function reminders(config: Config, start: SupervisordStart): string[] {
  try {
    const supervisordConfig = readSupervisordConfig(findSupervisordConfig(start), { env: start.env });
    return supervisorctlReminder(config.sidecar.socket, supervisordConfig);
  } catch (error) {
    // What is wrong with supervisord's files must not keep an uninstall from going.
    if (isDrainctlError(error, 'SUPERVISOR_CONFIG')) return [];
    throw error;
  }
}

interface Running {
  readonly pid: number;
  readonly start: SupervisordStart;
  readonly supervisord: RunningSupervisord;
}

/** The supervisord at an address, if it runs on this machine. */
async function findRunning(endpoint: RpcEndpoint): Promise<Running | undefined> {
  const supervisor = createSupervisor(endpoint);
  const pid = await supervisor.getPid().catch((error: unknown) => {
    if (isDrainctlError(error, 'SUPERVISOR_UNREACHABLE') && isNotThere(error.details['errno'])) return undefined;
    throw error;
  });
  const start = pid === undefined ? undefined : supervisordStartOf(pid);
  if (pid === undefined || start === undefined) return undefined;
  return {
    pid,
    start,
    supervisord: {
      groups: createProcessGroups(endpoint),
      async listenerState(signal) {
        const processes = await supervisor.getAllProcessInfo(signal);
        return processes.find(({ group }) => group === listenerGroup)?.state;
      },
    },
  };
}

function isNotThere(errno: unknown): boolean {
  return errno === 'ENOENT' || errno === 'ECONNREFUSED';
}

/** How a unit starts supervisord, from `ExecStart={ path=… ; argv[]=… ; … }`. */
function startOfUnit(unit: Unit | undefined): SupervisordStart | undefined {
  const argv = /argv\[\]=(.*?) ;/.exec(unit?.properties.get('ExecStart') ?? '')?.[1];
  return argv === undefined ? undefined : { argv: argv.split(/\s+/), folder: '/', env: {} };
}

function configNotes({ file }: Config): string[] {
  return file === '' ? [`There is no ${defaultConfigFile} yet: nothing is drained until it names your programs.`] : [];
}
