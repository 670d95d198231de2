import type { ProcessName } from '../supervisor/process.ts';
import type { StatusDocument } from './api.ts';
import { goneStatuses } from './gone-status.ts';
import type { Run } from './run.ts';
import { isOurselves } from './self.ts';
import { setAsideOf } from './set-aside.ts';
import { setAsideWarning } from './set-aside-warning.ts';
import { processStatus } from './status.ts';
import { unusedEntries } from './unused-entries.ts';
import type { Workshop } from './workshop.ts';

/** What only the sidecar can tell. */
export interface SidecarStatus {
  /** How long it is until what was left out may go back, in milliseconds. */
  readonly waitMs: (process: ProcessName) => number;
}

/** Every process, with what the journal and `current`, the run that is under way, have to do with it. */
export async function statusDocument(
  shop: Workshop,
  current: Run | undefined,
  sidecar: SidecarStatus | undefined,
): Promise<StatusDocument> {
  const { config, world, journal: journalFile, targets } = shop;
  const [snapshot, journal, problem, setAside] = await Promise.all([
    world.best(),
    journalFile.peek(),
    journalFile.problem(),
    setAsideOf(journalFile.file),
  ]);
  const run = current && { id: current.id, action: current.action, progress: current.progress() };
  const infos = snapshot.infos.filter((info) => !isOurselves(info, snapshot.configs.get(info.fullName)));
  const resolved = infos.map((info) => targets.resolve(info, snapshot));
  const context = { journal, run, isSidecar: sidecar !== undefined, problem: '', waitMs: 0 };
  const [known, gone] = await Promise.all([
    Promise.all(
      resolved.map(({ target, problem: misfit }) =>
        processStatus(target, {
          ...context,
          problem: misfit?.message ?? '',
          waitMs: sidecar?.waitMs(target.info.fullName) ?? 0,
        }),
      ),
    ),
    goneStatuses(shop, snapshot, context),
  ]);
  const processes = [...known, ...gone];
  const warnings = [problem, setAsideWarning(setAside, processes)].filter((text) => text !== '');
  return {
    supervisor: { url: world.supervisor.url, state: snapshot.isShuttingDown ? 'SHUTDOWN' : 'RUNNING' },
    sidecar: sidecar !== undefined,
    run: current?.id ?? '',
    warnings: [...warnings, ...unusedEntries(config, infos)],
    processes,
  };
}
