import { readFile } from 'node:fs/promises';
import type { Config } from '../../config/config.ts';
import type { PlanDocument } from '../../drain/api.ts';
import { lookOnly } from '../../drain/driver-surroundings.ts';
import { makePlan, planDocument } from '../../drain/plan.ts';
import { isOurselves, isSidecar, runsSidecar } from '../../drain/self.ts';
import type { Snapshot } from '../../drain/snapshot.ts';
import { Targets } from '../../drain/targets.ts';
import { supervisordStartOf } from '../../supervisor/find-config.ts';
import type { ProcessConfig, ProcessInfo } from '../../supervisor/process.ts';
import type { Supervisor } from '../../supervisor/supervisor.ts';
import { runsProcess } from '../../systemd/unit-of-process.ts';
import {
  absent,
  type Fact,
  type FactTypes,
  gather,
  known,
  type Listener,
  type ResolvedProcess,
  valueOr,
} from '../facts.ts';
import { filesIn, readsFiles } from '../rules/stop-signals.ts';
import { withDisk } from './files.ts';

/** What supervisord runs. */
export function gatherSupervisord(
  supervisor: Supervisor,
  signal: AbortSignal,
): Promise<Fact<FactTypes['supervisord']>> {
  return gather('supervisord', signal, async () =>
    known({ url: supervisor.url, infos: await supervisor.getAllProcessInfo(signal) }),
  );
}

/** supervisord's own process. */
export function gatherSupervisordProcess(
  supervisor: Supervisor,
  signal: AbortSignal,
): Promise<Fact<FactTypes['supervisordProcess']>> {
  return gather('supervisordProcess', signal, async () => {
    const pid = await supervisor.getPid(signal);
    if (supervisordStartOf(pid) === undefined) return absent('there is no such process of supervisord on this machine');
    return known({ pid, isRunBy: (unit) => runsProcess(unit, pid) });
  });
}

/** What supervisord's configuration says of its processes, as supervisord has read it. */
export function gatherSettings(supervisor: Supervisor, signal: AbortSignal): Promise<Fact<FactTypes['settings']>> {
  return gather('settings', signal, async () => {
    const configs = await supervisor.getAllConfigInfo(signal);
    return known(new Map(configs.map((config) => [config.fullName, config])));
  });
}

/** What the configuration makes of each process, as a shutdown would. drainctl's own is not among them. */
export function resolveProcesses(
  config: Config,
  infos: readonly ProcessInfo[],
  settings: Fact<FactTypes['settings']>,
): readonly ResolvedProcess[] {
  const snapshot: Snapshot = { infos, configs: valueOr(settings, new Map<string, ProcessConfig>()) };
  const targets = new Targets(config, lookOnly(pidsOf(infos)));
  try {
    return infos
      .filter((info) => !isOurselves(info, snapshot.configs.get(info.fullName)))
      .map((info) => targets.resolve(info, snapshot))
      .map(({ target, problem }) => ({ target, misfit: problem?.message }));
  } finally {
    targets.close();
  }
}

function pidsOf(infos: readonly ProcessInfo[]): ReadonlyMap<string, number> {
  return new Map(infos.map(({ fullName, pid }) => [fullName, pid]));
}

/** The plan of a shutdown, or of the gate. */
export function planOf(action: 'shutdown' | 'gate', processes: readonly ResolvedProcess[]): PlanDocument {
  return planDocument(
    action,
    makePlan(
      action,
      processes.map(({ target }) => target),
    ),
    {},
  );
}

/** The processes that run `drainctl listen`. */
export function findListeners(
  infos: readonly ProcessInfo[],
  settings: Fact<FactTypes['settings']>,
): readonly Listener[] {
  return infos
    .map((info) => ({ info, config: valueOr(settings, undefined)?.get(info.fullName) }))
    .filter(({ info, config }) => (config === undefined ? runsSidecar(info) : isSidecar(config)));
}

/** The files that commands name and that say how the program takes its signals; one that can't be read is left out. */
export async function readCommandFiles(processes: readonly ResolvedProcess[]): Promise<FactTypes['commandFiles']> {
  const commands = processes.map(({ target }) => target.config.command).filter(readsFiles);
  // A relative path is relative to the program's folder, which supervisord does not tell.
  const files = [...new Set(commands.flatMap(filesIn))].filter((file) => file.startsWith('/'));
  const read = await Promise.all(files.map(async (file) => [file, await readText(file)] as const));
  return new Map(read.flatMap(([file, text]) => (text === undefined ? [] : [[file, text] as const])));
}

/** Undefined where it can't be read. */
async function readText(file: string): Promise<string | undefined> {
  return withDisk(file, () => readFile(file, 'utf8')).catch(() => undefined);
}
