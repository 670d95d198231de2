import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseStats } from '../../../../src/pools/haproxy/stats.ts';
import { recordedAnswer } from './fixtures.ts';

const recorded = recordedAnswer('show-stat.csv');

describe('parseStats', () => {
  test('reads every server that HAProxy 2.6 printed', () => {
    const servers = parseStats(recorded);
    expect(servers?.size).toBe(15);
    expect(servers?.get('odd/follower2')).toEqual({ status: 'MAINT (via odd/follower)', inFlight: 0 });
    expect(servers?.get('odd/agentdrain')).toEqual({ status: 'DRAIN (agent)', inFlight: 0 });
  });

  test('finds columns by name, counts sessions and queue, and heeds quotes', () => {
    const text = '# new,svname,qcur,scur,type,pxname,status,\n"a,""b""",web_00,2,40,2,app,UP,\n,BACKEND,9,9,1,app,UP,';
    expect(parseStats(text)).toEqual(new Map([['app/web_00', { status: 'UP', inFlight: 42 }]]));
  });

  test.each(['', '-1', 'NaN', '1e3', '0x10', ' 1', '1.0', '9999999999999999'])(
    'takes a count of %j for unknown',
    (scur) => {
      const text = `# pxname,svname,type,status,scur,qcur\napp,web_00,2,UP,${scur},0`;
      expect(parseStats(text)?.get('app/web_00')?.inFlight).toBeUndefined();
    },
  );

  test.each([
    ['nothing', ''],
    ['a message', 'No such proxy.'],
    ['a table without one of the columns', recorded.replace('scur', 'curs')],
    ['a row that was cut off', recorded.slice(0, -40)],
    ['a quote that is not closed', recorded.replace('no check', '"no check')],
  ])('%s is no table', (_, text) => {
    expect(parseStats(text)).toBeUndefined();
  });

  test('never throws, and never takes garbage for a count', () => {
    const few = recorded.split('\n').slice(0, 4).join('\n');
    const garbage = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((text) => `# pxname,svname,type,status,scur,qcur\n${text}`),
      // The first rows of the recording with a piece replaced.
      fc
        .tuple(fc.nat(few.length), fc.nat(60), fc.string())
        .map(([at, length, text]) => few.slice(0, at) + text + few.slice(at + length)),
    );
    fc.assert(
      fc.property(garbage, (text) =>
        [...(parseStats(text)?.values() ?? [])].every(
          ({ inFlight }) => inFlight === undefined || (Number.isSafeInteger(inFlight) && inFlight >= 0),
        ),
      ),
      { numRuns: 10_000 },
    );
  }, 120_000);

  test('a count is 0 only where both fields are whole numbers and both are 0', () => {
    const field = fc.oneof(fc.string(), fc.constantFrom('0', '00', '', '-0', '1', 'NaN', 'null'));
    fc.assert(
      fc.property(field, field, (scur, qcur) => {
        const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const text = `# pxname,svname,type,status,scur,qcur\napp,web_00,2,UP,${quote(scur)},${quote(qcur)}`;
        const count = parseStats(text)?.get('app/web_00')?.inFlight;
        return count !== 0 || [scur, qcur].every((each) => /^0+$/.test(each));
      }),
      { numRuns: 10_000 },
    );
  }, 120_000);
});
