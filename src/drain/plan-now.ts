import type { PlanDocument, RunAction, RunOptions } from './api.ts';
import { capacityTexts } from './ask-capacity.ts';
import { chooseTargets, snapshotFor } from './choose.ts';
import { makePlan, planDocument } from './plan.ts';
import type { Workshop } from './workshop.ts';

/** What a run of this action on these names would do, by what supervisord runs and the pools have at this moment. Changes nothing. */
export async function planNow(
  action: RunAction,
  names: readonly string[],
  options: RunOptions,
  { world, targets: known, log }: Workshop,
): Promise<PlanDocument> {
  const snapshot = await snapshotFor(action, world);
  const targets = chooseTargets({ action, names }, snapshot, known, (message) => log.warn(message));
  return planDocument(action, makePlan(action, targets), options, await capacityTexts(targets));
}
