import { beforeAll, describe, expect, test } from 'vitest';
import { expectNoneFailed, startSteadyLoad } from '../../support/acceptance.ts';
import type { Load } from '../../support/load.ts';
import { startTwoHosts, type TwoHosts } from '../../support/two-hosts.ts';

const short = /2 of 3 others, 3 are needed; not available: b_00 \(MAINT\)/;

/** Three others must stay, and there are four in all; an operator has one of the other host in maintenance. */
describe('with too few others available', () => {
  let hosts: TwoHosts;
  let load: Load;

  beforeAll(async () => {
    hosts = await startTwoHosts({ haproxies: 1, processes: 2, pool: { min_available: '75%', capacity_wait: '500ms' } });
    await hosts.a.haproxy.command('set server app/b_00 state maint');
    load = await startSteadyLoad(hosts.a);
  });

  test.each(['restart', 'stop', 'drain'])('a %s ends with exit 4, and nothing was touched', async (action) => {
    const { a } = hosts;

    const { exitCode, stdout, stderr } = await a.drainctl([action, 'web:web_00']);

    expect(exitCode, stderr).toBe(4);
    expect(stderr).toContain('waits up to 0.5 s until enough others are available: app at');
    expect(stdout).toMatch(short);
    expect(stdout).toContain('Not touched: web:web_00.');
    expect(stdout).toContain(`drainctl ${action} web:web_00 --force`);
    expect(await a.haproxy.serversOut()).toEqual(['b_00']);
    expect(a.stops()).toEqual([]);
  });

  test('supervisorctl is told why it was not stopped', async () => {
    const { a } = hosts;

    const { stdout } = await a.supervisord.ctl(['stop', 'web:web_00'], a.sidecarUrl);

    expect(stdout).toMatch(/^FAILED: web:web_00 was not taken out of its pools, because too few others are available/);
    expect(a.stops()).toEqual([]);
  });

  test('the plan tells', async () => {
    const { stdout } = await hosts.a.drainctl(['plan', 'restart', 'web:web_00']);

    expect(stdout).toContain('available now, waited for up to 0.5 s: app at');
    expect(stdout).toMatch(short);
  });

  test('--force goes on all the same', async () => {
    const { a } = hosts;

    const { exitCode, stderr } = await a.drainctl(['restart', 'web:web_00', '--force']);

    expect(exitCode, stderr).toBe(0);
    expect(a.stops()).toMatchObject([{ name: 'web_00', inFlight: 0 }]);
  });

  test('a shutdown goes on, and says so; no request has failed in all this', async () => {
    const { a } = hosts;

    const { exitCode, stderr } = await a.drainctl(['shutdown']);

    await expectNoneFailed(load);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/goes on although too few others are available.*: app at/);
    expect((await a.haproxy.serverStates()).get('b_01')).toBe('UP');
  });
});
