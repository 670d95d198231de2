import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countBusy } from '../../../src/probes/apache-status/server-status.ts';
import { fuzz, mutated } from '../../faults/support/fuzz.ts';

const subject = 'mod_status';

/** As Apache 2.4 answers `?auto`, without what the probe does not read. */
function page(scoreboard: string, { busy = 1, idle = 0, mpm = 'event', asyncs = [0, 0, 0] } = {}): string {
  const [writing, keepAlive, closing] = asyncs;
  const connections = `ConnsTotal: 3\nConnsAsyncWriting: ${writing}\nConnsAsyncKeepAlive: ${keepAlive}\nConnsAsyncClosing: ${closing}\n`;
  return `localhost\nServerVersion: Apache/2.4.62 (Debian)\nServerMPM: ${mpm}\nBusyWorkers: ${busy}\nIdleWorkers: ${idle}\n${mpm === 'event' ? connections : ''}Scoreboard: ${scoreboard}\n`;
}

function count(text: string): number | undefined {
  try {
    return countBusy(text);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return undefined;
  }
}

describe('a page of mod_status', () => {
  test.each([
    ['the request that asks alone', page('W__..', { idle: 2 }), 0],
    ['nothing of what is idle', page('W_SIK..', { busy: 2, idle: 1 }), 0],
    ['every other state', page('WWRDCLG_', { busy: 7, idle: 1 }), 6],
    ['a child that ends gracefully, which is not in BusyWorkers', page('WWW__', { idle: 2 }), 2],
    ['connections that no worker has, but not the idle ones', page('W_', { asyncs: [2, 50, 1] }), 3],
    ['prefork, which has no such connections', page('WW_', { busy: 2, idle: 1, mpm: 'prefork' }), 1],
    ['kinds of connections that a later Apache adds', `${page('W_')}ConnsAsyncWaitIO: 4\n`, 4],
  ])('counts %s', (_, text, expected) => {
    expect(countBusy(text)).toBe(expected);
  });

  test.each([
    ['HTML', '<html><title>Apache Status</title>BusyWorkers: 1</html>', 'there is no Scoreboard'],
    ['without BusyWorkers', page('W_').replace(/^BusyWorkers.*\n/m, ''), 'there is no BusyWorkers'],
    ['without ServerMPM', page('W_').replace(/^ServerMPM.*\n/m, ''), 'there is no ServerMPM'],
    ['of event without its connections', page('W_').replace(/^ConnsAsyncWriting.*\n/m, ''), 'no ConnsAsyncWriting'],
    ['with a negative number', page('W_', { asyncs: [-1, 0, 0] }), 'no whole number'],
    ['with a state that is not known', page('W_Z'), 'scoreboard is not known'],
    ['with half a scoreboard', page('W_', { busy: 5 }), 'fewer workers'],
    ['with a second scoreboard', `${page('W_')}Scoreboard: ...\n`, 'Scoreboard twice'],
    ['without the request that asks', page('R_'), 'does not have the request'],
  ])('%s is none', (_, text, message) => {
    expect(() => countBusy(text)).toThrow(message);
  });
});

const good = page('WRWK__.W', { busy: 5, idle: 2, asyncs: [3, 9, 2] });
const words = [
  '0',
  '-1',
  'W',
  '_',
  '.',
  '\n',
  'Scoreboard: ',
  'BusyWorkers: ',
  'ConnsAsyncWriting: ',
  ': ',
  'NaN',
  '<p>',
];

fuzz(
  subject,
  'that is damaged never counts less than its scoreboard and its connections say',
  fc.property(mutated(fc.constant(good), { words }), (text) => {
    const busy = count(text);
    if (busy === undefined) return;
    // The least of what it may be taken to say, where damage has made it say it twice.
    const said = (name: string) =>
      Math.min(...[...text.matchAll(new RegExp(`^${name}:\\s*(\\d+)\\s*$`, 'gm'))].map(([, digits]) => Number(digits)));
    if (text.includes('ServerMPM: event\n')) expect(busy).toBeGreaterThanOrEqual(said('ConnsAsyncWriting'));
    expect(busy).toBeGreaterThanOrEqual(said('BusyWorkers') - 1 - (text.match(/K/g)?.length ?? 0));
  }),
);
