import type { Snapshot } from '../drain/snapshot.ts';
import { SnapshotFile } from '../drain/snapshot-file.ts';
import { World } from '../drain/world.ts';
import type { Log } from '../log.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';

/** supervisord has a lot to do while it starts everything. */
const lookLimitMs = 10_000;

/**
 * What a standby sees of supervisord's processes when it is started, for where no sidecar runs: what one wrote down before may
 * be of another life of supervisord, in which all was stopped in the end. Resolves with what tells it later; that gives
 * undefined where a sidecar has written more since, or supervisord did not answer. Never rejects.
 */
export async function lookFirst(
  supervisor: Supervisor,
  stateDir: string,
  log: Log,
): Promise<() => Promise<Snapshot | undefined>> {
  const file = new SnapshotFile(stateDir);
  const writtenBefore = await file.stamp();
  const world = new World(supervisor, log, undefined);
  const seen = await world.fresh(AbortSignal.timeout(lookLimitMs)).catch(() => undefined);
  return async () => ((await file.stamp()) === writtenBefore ? seen : undefined);
}
