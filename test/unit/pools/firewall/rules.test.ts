import { describe, expect, test } from 'vitest';
import * as iptables from '../../../../src/pools/firewall/iptables.ts';
import * as nft from '../../../../src/pools/firewall/nft.ts';
import { firewall } from '../../../../src/pools/firewall.ts';

const rule = (comment: string, verdict: object) => ({ rule: { handle: 7, comment, expr: [{ match: {} }, verdict] } });

describe('rules of nftables', () => {
  test('that refuse, with a comment of ours, are read', () => {
    const list = [rule('drainctl:81', { reject: { type: 'tcp reset' } }), rule('drainctl:82', { drop: null })];
    expect(nft.readRules(JSON.stringify({ nftables: list }))?.map(({ port }) => port)).toEqual([81, 82]);
  });

  test.each([
    ['without a comment of ours', rule('web', { drop: null })],
    ['that refuse nothing', rule('drainctl:81', { accept: null })],
  ])('%s are not', (_, item) => {
    expect(nft.readRules(JSON.stringify({ nftables: [item] }))).toEqual([]);
  });

  test.each([['nonsense'], ['{}'], ['']])('are not known where nft prints "%s"', (text) => {
    expect(nft.readRules(text)).toBeUndefined();
  });

  test('except addresses by their family', () => {
    const [first, second] = nft.linesFor({ port: 81, action: 'reject', except: ['10.0.0.0/8', '::1'] });
    expect(first).toContain('ip saddr != { 10.0.0.0/8 } reject with tcp reset');
    expect(second).toContain('ip6 saddr != { ::1 } reject with tcp reset');
  });
});

describe('rules of iptables', () => {
  const line = '-A DRAINCTL -p tcp -m comment --comment "drainctl:81" -j DROP';

  test('refuse where INPUT leads to them', () => {
    const read = iptables.readRules(`-P INPUT ACCEPT\n-N DRAINCTL\n-A INPUT -j DRAINCTL\n${line}\n`);
    expect(read).toEqual({ hasChain: true, isUsed: true, rules: [{ port: 81, line, refuses: true }] });
  });

  test('are unused where it does not', () => {
    expect(iptables.readRules(`-N DRAINCTL\n${line}\n`)).toMatchObject({ hasChain: true, isUsed: false });
  });
});

describe('the options of the firewall', () => {
  test.each([['10.0.0.2'], ['10.0.0.0/8'], ['::1'], ['fd00::/8']])('may except %s', (address) => {
    expect(firewall.options.safeParse({ except: [address] }).success).toBe(true);
  });

  test.each([['localhost'], ['10.0.0.0/33'], ['10.0.0.1; flush ruleset'], ['::1/129'], ['']])(
    'may not except "%s"',
    (address) => {
      expect(firewall.options.safeParse({ except: [address] }).success).toBe(false);
    },
  );

  test.each([['8100'], [8100]])('take the port %j', (port) => {
    expect(firewall.member.parse({ port })).toEqual({ port: 8100 });
  });

  test.each([['0'], ['65536'], ['web'], ['']])('do not take the port "%s"', (port) => {
    expect(firewall.member.safeParse({ port }).success).toBe(false);
  });
});
