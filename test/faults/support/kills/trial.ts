import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '../../../support/wait-for.ts';
import type { Acted, Scenario } from './scenarios.ts';
import { type Site, workedOn } from './site.ts';
import type { Moment, SeenMoment } from './steps.ts';
import { wrongs } from './verdict.ts';

/** What came of one run of a scenario. */
export interface TrialResult {
  /** The moments of the actor, in their order. */
  readonly seen: readonly SeenMoment[];
  readonly killed: boolean;
  /** From the kill, or the end of the scenario, until all was as it must be. */
  readonly recoveredMs: number;
  readonly failedRequests: number;
}

/** After a scenario the sidecar still writes things down; a kill there is one of its steps too. */
const lingerMs = 700;

const recoveryLimitMs = 60_000;

/**
 * Carries the scenario out once, with a kill at `moment` (none: nobody is killed), waits until all have recovered, and
 * holds the result against what must hold. Leaves the site as it was found.
 *
 * @throws Error that says what did not hold.
 */
export async function runTrial(site: Site, scenario: Scenario, moment?: Moment): Promise<TrialResult> {
  const before = { stops: site.stack.stops().length, failed: site.load.result.failed };
  if (!scenario.withSidecar) await site.stopSidecar();
  const pid = scenario.victim === 'supervisord' ? site.supervisordPid : 0;
  site.steps.on(scenario.actor, moment === undefined ? undefined : { ...moment, pid });
  const acted = await scenario.act(site);
  await waitFor(() => site.steps.hasKilled(), { what: 'the kill', timeoutMs: lingerMs }).catch(() => {});
  site.steps.off();
  const killed = site.steps.hasKilled();
  if (killed && scenario.victim === 'supervisord')
    await waitFor(() => !site.supervisordLives, { what: 'the end of supervisord' });

  const startedAtMs = performance.now();
  await untilRecovered(site, scenario, acted);
  const recoveredMs = performance.now() - startedAtMs;
  await restore(site);

  const cut = site.stack
    .stops()
    .slice(before.stops)
    .filter(({ inFlight }) => inFlight > 0);
  const failures = site.load.result.failures.slice(before.failed);
  if (cut.length > 0) throw new Error(`stopped with work in flight: ${JSON.stringify(cut)}`);
  if (failures.length > 0) throw new Error(`${failures.length} requests failed: ${failures.slice(0, 5).join('; ')}`);
  return { seen: site.steps.seen(), killed, recoveredMs, failedRequests: failures.length };
}

/** What has died is started again by whoever does so on a machine; then drainctl has to put all else right. */
async function untilRecovered(site: Site, { isWaitedFor, withSidecar }: Scenario, acted: Acted): Promise<void> {
  let isOver = isWaitedFor;
  if (isWaitedFor) await acted.ended();
  if (site.supervisordLives && !withSidecar) await site.stack.supervisord.ctl(['start', 'drain']);
  const deadline = performance.now() + recoveryLimitMs;
  for (;;) {
    // It may still end: a shutdown that was begun goes on without who asked for it.
    if (!site.supervisordLives) await site.startSupervisordAgain();
    const found = await wrongs(site).catch((error: unknown) => [String(error)]);
    if (found.length === 0 && isOver) return;
    if (found.length === 0) {
      await acted.ended();
      isOver = true;
    }
    if (performance.now() > deadline) throw new Error(`not recovered after ${recoveryLimitMs} ms: ${found.join('; ')}`);
    await delay(100);
  }
}

/** What the scenario has left stopped or on hold is put back by hand. */
async function restore(site: Site): Promise<void> {
  const states = await site.stack.supervisord.states();
  const { holds } = site.journal();
  for (const name of workedOn) {
    const isHeld = holds.some((hold) => hold.process === name);
    if (isHeld) await expectDone(site, ['pool', name]);
    if (states.get(name) !== 'RUNNING') await expectDone(site, ['start', name]);
  }
}

async function expectDone(site: Site, args: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await site.stack.drainctl(args);
  if (exitCode !== 0) throw new Error(`drainctl ${args.join(' ')} ended with ${exitCode}: ${stdout}${stderr}`);
}
