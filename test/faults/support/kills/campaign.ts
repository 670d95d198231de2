import type { Scenario } from './scenarios.ts';
import { Site } from './site.ts';
import type { Moment, SeenMoment } from './steps.ts';
import { runTrial, type TrialResult } from './trial.ts';

/** After so many a scenario is given up: what is wrong is known by then. */
const violationsAtMost = 5;

/** Of the sidecar's log, behind a violation. */
const shownLines = 25;

/** What came of a scenario with a kill at each of the chosen moments, each in a run of its own. */
export interface CampaignResult {
  readonly kills: number;
  /** Moments that did not come again: when a file is written in the background depends on time. */
  readonly missed: readonly string[];
  /** What did not hold, with the moment that it came from. */
  readonly violations: readonly string[];
  readonly recoveredMs: readonly number[];
  readonly failedRequests: number;
}

/** The moments of a scenario that a kill is to come at. */
export type Choose = (moments: readonly Moment[]) => readonly Moment[];

/** One moment as it is written in a result. */
export function sayMoment({ side, id }: Moment): string {
  return `${side} "${id}"`;
}

/**
 * Carries a scenario out once to see which steps there are today, and then once more for each moment that `choose` takes
 * of them. After a violation it goes on with a new site, so that one does not bring about the next. Never rejects.
 */
export async function runCampaign(
  scenario: Scenario,
  choose: Choose,
  report: (text: string) => void,
): Promise<CampaignResult> {
  const campaign = new Campaign(scenario, report);
  try {
    const { seen } = (await campaign.trial('with nobody killed')) ?? { seen: [] };
    const moments = choose(momentsOf(seen, scenario));
    for (const [index, moment] of moments.entries()) {
      if (campaign.violations.length >= violationsAtMost) break;
      const trial = await campaign.trial(`${index + 1}/${moments.length} ${sayMoment(moment)}`, moment);
      if (trial !== undefined) campaign.count(trial, moment);
    }
  } finally {
    await campaign.close();
  }
  return campaign;
}

class Campaign implements CampaignResult {
  kills = 0;
  readonly missed: string[] = [];
  readonly violations: string[] = [];
  readonly recoveredMs: number[] = [];
  failedRequests = 0;
  readonly #scenario: Scenario;
  readonly #report: (text: string) => void;
  #site: Site | undefined;

  constructor(scenario: Scenario, report: (text: string) => void) {
    this.#scenario = scenario;
    this.#report = report;
  }

  /** Undefined after a violation. */
  async trial(what: string, moment?: Moment): Promise<TrialResult | undefined> {
    try {
      this.#site ??= await Site.start();
      const result = await runTrial(this.#site, this.#scenario, moment);
      const outcome =
        moment !== undefined && !result.killed ? 'did not come' : `well after ${Math.round(result.recoveredMs)} ms`;
      this.#report(`${this.#scenario.name}: ${what}: ${outcome}`);
      return result;
    } catch (error) {
      const log = this.#site?.stack.supervisord.listenerLog().split('\n').slice(-shownLines).join('\n') ?? '';
      const text = `${this.#scenario.name}: ${what}: ${String(error)}\n${log}`;
      this.violations.push(text);
      this.#report(text);
      await this.close();
      return undefined;
    }
  }

  count(trial: TrialResult, moment: Moment): void {
    if (!trial.killed) {
      this.missed.push(sayMoment(moment));
      return;
    }
    this.kills += 1;
    this.recoveredMs.push(trial.recoveredMs);
    this.failedRequests += trial.failedRequests;
  }

  async close(): Promise<void> {
    await this.#site?.close();
    this.#site = undefined;
  }
}

/**
 * The moments at which things stand differently. A look changes nothing, so one side of it is enough. supervisord does not
 * know how far drainctl is with a file: for its death the journal's rename stands for all of them.
 */
function momentsOf(seen: readonly SeenMoment[], { victim }: Scenario): Moment[] {
  const isLook = ({ id }: Moment) => id.includes(', after: ');
  const isFile = ({ id }: Moment) => /^(state_dir|run_dir|flock)/.test(id) && !/journal\.json: rename/.test(id);
  return seen
    .filter((moment) => !(isLook(moment) && moment.side === 'after'))
    .filter((moment) => victim === 'actor' || !isFile(moment))
    .map(({ id, side }) => ({ id, side }));
}

/** What kind of step it is, whichever process it is about and however often it came: `HAProxy: set server state`. */
export function kindOf({ id }: Moment): string {
  return id.replace(/, after: .*| \(\d+\)$/g, '').replace(/ (app\/|web:)?web_\d\d/, '');
}
