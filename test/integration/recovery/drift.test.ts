import { expect, test } from 'vitest';
import type { CheckDocument } from '../../../src/check/apply.ts';
import { statusOf, waitForServer } from '../../support/acceptance.ts';
import { startStack } from '../../support/stack.ts';

test('what somebody else changed in one of two HAProxys is in status and check, and pool leaves it alone', async () => {
  await using stack = await startStack({ processes: 3, haproxies: 2 });
  const [first, second] = stack.haproxies;
  await stack.drainctl(['drain', 'web:web_00']);
  await second?.command('set server app/web_00 state maint');
  await first?.command('set server app/web_01 state drain');

  const { processes } = await statusOf(stack);
  const check = await stack.drainctl(['check', '--json']);
  const pool = await stack.drainctl(['pool', 'web:web_00']);

  const [web00, web01, web02] = processes;
  expect(web00?.drift).toEqual([expect.objectContaining({ kind: 'changed', address: second?.socketPath })]);
  expect(web00?.why).toContain('app/web_00');
  expect(web01?.drift).toEqual([
    expect.objectContaining({ kind: 'taken_out', text: expect.stringMatching(/not by drainctl; but UP at /) }),
  ]);
  expect(web02?.drift).toEqual([]);
  // as: the documented form of the command's output
  const { findings } = JSON.parse(check.stdout) as CheckDocument;
  expect(findings.filter(({ rule }) => rule === 'members-drift').map(({ target }) => target)).toEqual([
    'web:web_00',
    'web:web_01',
  ]);
  expect(pool.stderr).toContain('set by somebody else');
  expect(await second?.serversOut()).toEqual(['web_00']);
});

test('what is out is told and can be put back after the journal was damaged', async () => {
  await using stack = await startStack({ processes: 2, peer: false });
  await stack.drainctl(['drain', 'web:web_00']);
  stack.directory.write('state/journal.json', '{"version":1,"entries":[{"proc');

  const left = await stack.drainctl(['pool', 'web:web_00']);
  const { stderr } = await stack.drainctl(['status']);
  const forced = await stack.drainctl(['pool', 'web:web_00', '--force']);

  expect(left.stderr).toContain('"drainctl pool web:web_00 --force" puts it back');
  expect(stderr).toMatch(/A damaged journal was set aside as .*web:web_00/);
  expect(forced.exitCode, forced.stderr).toBe(0);
  await waitForServer(stack.haproxy, 'web_00', /^UP$/);
});
