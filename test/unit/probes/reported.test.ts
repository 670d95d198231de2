import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countReported, reported } from '../../../src/probes/reported.ts';
import { anySubject } from '../../support/doubles/driver-surroundings.ts';

describe('countReported', () => {
  test.each([
    ['in_flight=0', 0],
    ['in_flight=12', 12],
    [' in_flight=3 \n', 3],
    ['pid=17 in_flight=3 workers=8', 3],
    ['workers=8;in_flight=3', 3],
    ['workers=8, in_flight=3', 3],
    ['in_flight=3\nin_flight=2\n', 2],
    ['in_flight=x in_flight=2', 2],
    [`in_flight=${Number.MAX_SAFE_INTEGER}`, Number.MAX_SAFE_INTEGER],
  ])('%j', (said, count) => {
    expect(countReported(said, 'in_flight')).toBe(count);
  });

  test.each([
    '',
    'in_flight',
    'in_flight=',
    'in_flight =3',
    'in_flight=-1',
    'in_flight=1.5',
    'in_flight=1e3',
    'in_flight=NaN',
    'in_flight=3s',
    'in_flight=9007199254740993',
    'n_flight=3',
    'not_in_flight=3',
    'IN_FLIGHT=3',
    'in_flight=3 in_flight=many',
    '3',
    "Undecodable: b'in_flight=3'",
  ])('%j is unknown', (said) => {
    expect(countReported(said, 'in_flight')).toBeUndefined();
  });

  test('nothing but a report of it counts, whatever was said', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (said) => {
        expect(countReported(`${said}=0`, 'in_flight')).toBe(/(^|[\s,;&])in_flight$/.test(said) ? 0 : undefined);
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('the reported probe', () => {
  const { signal } = new AbortController();

  test('hears what was said last', async () => {
    let said = 'jobs=3';
    const probe = reported.open(reported.options.parse({ key: 'jobs' }), {
      ...anySubject,
      lastCommunication: () => said,
    });
    expect(await probe.measure(signal)).toBe(3);
    said = 'jobs=0';
    expect(await probe.measure(signal)).toBe(0);
  });

  test('tells what to do where nothing was heard', async () => {
    await expect(reported.open({ key: 'jobs' }, anySubject).measure(signal)).rejects.toMatchObject({
      message:
        "Probe reported jobs of web:web_00 can't tell what is in flight: nothing was heard from it since its start.",
      hint: expect.stringMatching(/stdout_capture_maxbytes.*<!--XSUPERVISOR:BEGIN-->jobs=NUMBER/),
    });
  });
});
