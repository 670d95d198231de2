import { describe, expect, test } from 'vitest';
import { haproxy } from '../../../src/pools/haproxy.ts';
import { noServices } from '../../support/doubles/driver-surroundings.ts';

const complaints = (options: unknown) => haproxy.options.safeParse(options).error?.issues.map(({ message }) => message);

describe('options of haproxy', () => {
  test('have defaults', () => {
    expect(haproxy.options.parse({ addresses: ['/a.sock'] })).toMatchObject({ depool: 'drain', timeout: 2_000 });
  });

  test('take addresses as text and with their master', () => {
    const addresses = ['unix:///a.sock', { address: 'tcp://h:1', master: '/m.sock' }, { address: '/b.sock' }];
    const pools = haproxy.open(haproxy.options.parse({ addresses }), noServices);
    expect(pools.map(({ address }) => address)).toEqual(['/a.sock', 'tcp://h:1', '/b.sock']);
  });

  test.each([
    ['no address', { addresses: [] }, 'name at least one address'],
    ['one address in two spellings', { addresses: ['/a.sock', 'unix:///a.sock'] }, 'an address is named twice'],
  ])('refuse %s', (_, options, complaint) => {
    expect(complaints(options)).toContain(complaint);
  });

  test('say what an address looks like', () => {
    const issue = haproxy.options.safeParse({ addresses: ['admin.sock'] }).error?.issues[0];
    expect(JSON.stringify(issue)).toContain('write /path/to.sock');
  });

  test('tell the engine when depooling once more does more', () => {
    const open = (options: object) =>
      haproxy.open(haproxy.options.parse({ addresses: ['/a'], ...options }), noServices)[0];
    expect(open({ maint_after: '20s' })?.tightensAfterMs).toBe(20_000);
    expect(open({})?.tightensAfterMs).toBeUndefined();
  });
});

describe('a member of haproxy', () => {
  test('is labelled as HAProxy names it', () => {
    expect(haproxy.label(haproxy.member.parse({ server: 'app/web_00' }))).toBe('app/web_00');
  });

  test.each(['web_00', 'app/', '/web_00', 'app/web 00', 'app/a;quit', 'app/a/b', 'app/a\n'])(
    '%j is refused',
    (server) => {
      expect(haproxy.member.safeParse({ server }).success).toBe(false);
    },
  );
});
