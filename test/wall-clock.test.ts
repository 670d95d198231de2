import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/**
 * Where the wall clock is read, and why it may be: it can be set at any moment, so no wait and no deadline may go by
 * it. Those are on the monotonic clock of src/time.ts.
 */
const readers: Readonly<Record<string, string>> = {
  'src/check/rules/journal.ts': 'to compare with the times in the journal',
  'src/cli/carry-out-shutdown.ts': 'to find the run of the gate in the history by its end',
  'src/cli/shutdown-end.ts': 'times in a result, for people',
  'src/cli/silent-shutdown.ts': 'times in a result, for people',
  'src/cli/status.ts': 'how long ago something was, for people',
  'src/drain/aftermath.ts': 'to compare with the times that a dead run has left, which outlive its process',
  'src/drain/engine.ts': 'the time of the start, for people, and to compare with the time of the configuration file',
  'src/drain/interrupted.ts': 'to compare with the times that a dead run has left, which outlive its process',
  'src/drain/journal-file.ts': 'a hold ends at a time of day: it outlives reboots, and the monotonic clock does not',
  'src/drain/phases/depool.ts': 'times in the journal, for people, and to compare with the start of a process',
  'src/drain/phases/hold.ts': 'a hold ends at a time of day: it outlives reboots, and the monotonic clock does not',
  'src/drain/run-files.ts': 'times in what is kept of a run, for people',
  'src/drain/run.ts': 'times of steps and runs, for people',
  'src/drain/set-aside.ts': 'the name of a damaged file that is set aside',
  'src/drain/status.ts': "supervisord's time of a change of state, for people",
  'src/drain/take-out-lost.ts': 'times in the journal, for people, and to compare with the start of a process',
  'src/pools/nginx-upstream/workers.ts': "to compare the start of a process with a file's own time",
  'src/pools/own-hand.ts': 'to compare with the times in the journal',
  'src/pools/signal/told.ts': 'to compare with the times in the journal',
  'src/probes/file.ts': "to compare with a file's own time, for max_age",
  'src/probes/file/read-whole.ts': "to compare with a file's own time",
  'src/sidecar/json-log.ts': 'times in the log',
  'src/sidecar/reloader.ts': 'when the configuration was read, for people',
};

const readsWallClock = /\bDate\.now\b|\bnew Date\(|\bDate\(\)/;

test('only those read the wall clock that are known to need it', () => {
  const root = new URL('..', import.meta.url).pathname;
  const found = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => `src/${path}`)
    .filter((path) => readsWallClock.test(readFileSync(join(root, path), 'utf8')));

  // A deadline or a wait belongs on monotonicMs() or Deadline of src/time.ts. Anything else: add it, with the reason.
  expect(found.sort()).toEqual(Object.keys(readers).sort());
});
