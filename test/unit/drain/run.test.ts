import { describe, expect, test } from 'vitest';
import { Run } from '../../../src/drain/run.ts';
import { silentLog } from '../../../src/log.ts';
import { monotonicMs } from '../../../src/time.ts';
import { runDocument } from '../../support/doubles/documents.ts';

const newRun = () => new Run('shutdown', [], {}, silentLog);

describe('the result of a run', () => {
  test('is waited for until its follower has taken it', async () => {
    const run = newRun();
    await run.wait(0, 1);
    run.finish(runDocument());
    const order: string[] = [];
    const taken = run.taken(5_000).then(() => order.push('taken'));

    const { result } = await run.wait(0, 1_000).finally(() => order.push('answered'));
    await taken;

    expect(result).toHaveLength(1);
    expect(order.sort()).toEqual(['answered', 'taken']);
  });

  test('that nobody follows is not waited for', async () => {
    const run = newRun();
    run.finish(runDocument());
    const startedAtMs = monotonicMs();

    await run.taken(5_000);

    expect(monotonicMs() - startedAtMs).toBeLessThan(4_000);
  });

  test('whose follower has gone is given up after the limit', async () => {
    const run = newRun();
    await run.wait(0, 1);
    run.finish(runDocument());

    await expect(run.taken(50)).resolves.toBeUndefined();
  });
});
