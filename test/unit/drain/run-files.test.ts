import { readFileSync } from 'node:fs';
import { afterEach, describe, test, vi } from 'vitest';
import { isToBeFinished } from '../../../src/drain/aftermath.ts';
import { Run } from '../../../src/drain/run.ts';
import { RunFiles, type RunRecord } from '../../../src/drain/run-files.ts';
import { silentLog } from '../../../src/log.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('the record of a run that is under way', () => {
  test('is of this moment although nothing has changed for long, so that a shutdown which drains for minutes is finished', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    const dir = temporaryDirectory();
    const run = new Run('shutdown', [], {}, silentLog);
    const record = await new RunFiles(dir.path).keep(run);
    const read = () => JSON.parse(readFileSync(dir.file(`runs/${run.id}.json`), 'utf8')) as RunRecord; // as: written by keep()

    vi.advanceTimersByTime(90_000);

    await waitFor(() => isToBeFinished(read(), Date.now()), { what: 'a record of now' });
    await record.end();
  });
});
