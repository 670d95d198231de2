import { expect, test } from 'vitest';
import { expectIdleStops, expectNoneFailed, startSteadyLoad, watchServers } from '../../support/acceptance.ts';
import { startTwoHosts } from '../../support/two-hosts.ts';

test('two hosts of one backend that are restarted at the same moment take turns, and both get through', async () => {
  await using hosts = await startTwoHosts({
    haproxies: 2,
    processes: 2,
    pool: { min_available: 3, capacity_wait: '40s' },
  });
  const { a, b, haproxies } = hosts;
  const load = await startSteadyLoad(a);
  const watches = haproxies.map((haproxy) => watchServers(haproxy));

  const results = await Promise.all([a, b].map((host) => host.drainctl(['restart', 'all'])));

  const seen = await Promise.all(watches.map((watch) => watch.stop()));
  const said = results.map(({ stderr, stdout }) => stderr + stdout).join('\n');
  await expectNoneFailed(load);
  expect(
    results.map(({ exitCode }) => exitCode),
    said,
  ).toEqual([0, 0]);
  expectIdleStops(a);
  expectIdleStops(b);
  // Both may have taken out theirs in the same moment: then one gives way, before anything is stopped.
  const most = said.includes('gives way') ? 2 : 1;
  for (const { samples, mostOut, everOut } of seen) {
    expect(samples).toBeGreaterThan(50);
    expect(mostOut, said).toBeLessThanOrEqual(most);
    expect(everOut).toEqual(['a_00', 'a_01', 'b_00', 'b_01']);
  }
  expect(said).toMatch(/waits up to 40 s until enough others are available: app at/);
}, 240_000);
