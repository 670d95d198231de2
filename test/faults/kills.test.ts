import { randomInt } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import * as fc from 'fast-check';
import pLimit from 'p-limit';
import { describe, expect, test } from 'vitest';
import { figure, inSoak, scale } from './support/figures.ts';
import { type CampaignResult, type Choose, kindOf, runCampaign } from './support/kills/campaign.ts';
import { type Scenario, scenarios } from './support/kills/scenarios.ts';
import type { Moment } from './support/kills/steps.ts';

const row = 'killed with -9 at every step';

/** DRAINCTL_TEST_SEED=… repeats a run. */
const seed = Number(process.env['DRAINCTL_TEST_SEED'] ?? randomInt(2 ** 31));

/** DRAINCTL_TEST_KILLS=… takes only the scenarios whose name holds this. */
const wanted = process.env['DRAINCTL_TEST_KILLS'] ?? '';

/** A site mostly waits; several of them share the cores. */
const sitesAtOnce = scale(3, 4);

const isJournalWrite = ({ id }: Moment) => id.startsWith('state_dir/journal.json: rename');

/** So many of them at the most, in an order of its own; the same for the same seed. */
function sample<T>(all: readonly T[], count: number): readonly T[] {
  const length = Math.min(count, all.length);
  const some = fc.shuffledSubarray([...all], { minLength: length, maxLength: length });
  return fc.sample(some, { numRuns: 1, seed })[0] ?? [];
}

/** In `npm test` one scenario with its first and its last write of the journal, and two others that differ each time. */
function chosen(): readonly { readonly scenario: Scenario; readonly choose: Choose }[] {
  const suited = scenarios.filter(({ name }) => name.includes(wanted));
  const [first, ...others] = suited;
  if (inSoak || first === undefined || wanted !== '')
    return suited.map((scenario) => ({ scenario, choose: (all) => all }));
  const ends: Choose = (all) => {
    const writes = all.filter(isJournalWrite);
    return [...writes.slice(0, 1), ...writes.slice(-1), ...sample(all, 1)];
  };
  return [
    { scenario: first, choose: ends },
    ...sample(others, 2).map((scenario) => ({ scenario, choose: (all: readonly Moment[]) => sample(all, 2) })),
  ];
}

describe(`kill -9 (seed ${seed})`, () => {
  test(
    'at every step: what died is started again, and then all is as it was',
    async () => {
      const limit = pLimit(sitesAtOnce);
      const progress = process.env['DRAINCTL_TEST_PROGRESS'];
      const report = (text: string) => progress !== undefined && appendFileSync(progress, `${text}\n`);
      const kinds = new Map<string, number>();
      const counted =
        (choose: Choose): Choose =>
        (all) => {
          const moments = choose(all);
          for (const kind of moments.map(kindOf)) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
          return moments;
        };

      const results = await Promise.all(
        chosen().map(({ scenario, choose }) => limit(() => runCampaign(scenario, counted(choose), report))),
      );

      const total = sum(results);
      expect(total.violations, total.violations.join('\n\n')).toEqual([]);
      expect(total.kills).toBeGreaterThan(0);
      figure(row, 'kills survived', total.kills);
      figure(row, 'scenarios', results.length);
      figure(row, 'kinds of steps', kinds.size);
      figure(row, 'moments that did not come again', total.missed.length);
      figure(row, 'failed requests', total.failedRequests);
      figure(row, 'longest time until all had recovered', `${(Math.max(...total.recoveredMs) / 1_000).toFixed(1)} s`);
      figure(row, 'seed', seed);
    },
    scale(300_000, 6 * 3_600_000),
  );
});

function sum(results: readonly CampaignResult[]): CampaignResult {
  return {
    kills: results.reduce((total, { kills }) => total + kills, 0),
    missed: results.flatMap(({ missed }) => missed),
    violations: results.flatMap(({ violations }) => violations),
    recoveredMs: results.flatMap(({ recoveredMs }) => recoveredMs),
    failedRequests: results.reduce((total, { failedRequests }) => total + failedRequests, 0),
  };
}
