import { describe, expect, test } from 'vitest';
import { isAvailable, serversOf } from '../../../../src/pools/haproxy/capacity.ts';
import { adminBits, operStates, parseServerStates } from '../../../../src/pools/haproxy/server-state.ts';
import { parseStats } from '../../../../src/pools/haproxy/stats.ts';

const running = { adminState: 0, operState: operStates.running, weight: 1 };

describe('a server is available', () => {
  test.each([
    ['UP', running, true],
    ['no check', running, true],
    ['UP 1/3', running, false],
    ['UP', { ...running, operState: operStates.starting }, true],
    ['DOWN', { ...running, operState: operStates.stopped }, false],
    ['DOWN 1/2', { ...running, operState: operStates.stopped }, false],
    ['DOWN (agent)', { ...running, operState: operStates.stopped }, false],
    ['NOLB', { ...running, operState: operStates.stopping }, false],
    ['NOLB 1/2', { ...running, operState: operStates.stopping }, false],
    ['DRAIN', { ...running, adminState: adminBits.forcedDrain }, false],
    ['DRAIN (agent)', running, false],
    ['MAINT', { ...running, adminState: adminBits.forcedMaint }, false],
    ['MAINT (via app/web_00)', { ...running, adminState: adminBits.inheritedMaint }, false],
    ['MAINT (resolution)', { ...running, adminState: adminBits.resolutionMaint }, false],
    ['no check', { ...running, adminState: adminBits.forcedDrain }, false],
    ['UP', { ...running, weight: 0 }, false],
    ['SOMETHING NEW', running, false],
    ['', running, false],
  ])('or not: "%s" with %j: %s', (status, state, available) => {
    expect(isAvailable(state, { status, inFlight: 0 })).toBe(available);
  });

  test('never without statistics', () => {
    expect(isAvailable(running, undefined)).toBe(false);
  });
});

describe('the servers of a backend', () => {
  const states = parseServerStates(
    [
      '1',
      '# be_name srv_name srv_admin_state srv_op_state srv_uweight',
      ...['app a 0 2 1', 'app b 8 2 1', 'app spare 0 2 1', 'app unseen 0 2 1', 'api a 0 2 1'],
    ].join('\n'),
  );
  const stats = parseStats(
    [
      '# pxname,svname,type,status,scur,qcur,act,bck',
      ...['app,a,2,UP,0,0,1,0', 'app,b,2,DRAIN,0,0,1,0', 'app,spare,2,UP,0,0,0,1', 'api,a,2,UP,0,0,1,0'],
    ].join('\n'),
  );

  test('are those of that backend, without backup servers; one that is not known is there, and not available', () => {
    expect(serversOf('app', states ?? new Map(), stats ?? new Map())).toEqual([
      { name: 'a', available: true, placement: 'in', text: 'UP' },
      { name: 'b', available: false, placement: 'out', text: 'DRAIN' },
      { name: 'unseen', available: false, placement: 'in', text: 'running (admin state 0)' },
    ]);
  });
});
