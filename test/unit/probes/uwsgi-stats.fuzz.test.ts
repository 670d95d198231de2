import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countBusy } from '../../../src/probes/uwsgi-stats/stats.ts';
import { fuzz, mutated } from '../../faults/support/fuzz.ts';

const subject = 'uWSGI statistics';

function worker(status: string, ...inRequest: readonly number[]): object {
  return { id: 1, status, cores: inRequest.map((flag) => ({ in_request: flag, vars: [] })) };
}

function stats(workers: readonly object[], changes: object = {}): string {
  const sockets = [{ name: '127.0.0.1:9000', queue: 0 }];
  return JSON.stringify({ version: '2.0.21', listen_queue: 0, sockets, workers, ...changes });
}

function count(text: string): number | undefined {
  try {
    return countBusy(text);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return undefined;
  }
}

describe("uWSGI's statistics", () => {
  test.each([
    [
      'nothing in idle, cheap and paused workers',
      stats([worker('idle', 0), worker('cheap', 0), worker('pause', 0)]),
      0,
    ],
    ['each core that is in a request', stats([worker('busy', 1, 0, 1), worker('busy', 1), worker('idle', 0)]), 3],
    ['a core in a request whatever its worker says', stats([worker('cheap', 1), worker('pause', 1)]), 2],
    ['a busy worker without cores (stats-no-cores)', stats([{ status: 'busy' }, { status: 'idle' }]), 1],
    ['a worker that handles a signal', stats([worker('sig17', 0)]), 1],
    ['what waits, once', stats([worker('busy', 1)], { listen_queue: 2, sockets: [{ queue: 2 }, { queue: 1 }] }), 4],
    ['a spooler at work', stats([worker('idle', 0)], { spoolers: [{ running: 1 }, { running: 0 }] }), 1],
    ["a document with a socket's name in raw bytes", stats([worker('busy', 1)]).replace('127.0.0.1', '\u001a'), 1],
  ])('count %s', (_, text, expected) => {
    expect(countBusy(text)).toBe(expected);
  });

  test.each([
    ["an emperor's", '{"version":"2.0.21","pid":1,"vassals":[]}', 'missing: listen_queue, sockets, workers'],
    ['without workers', stats([]), 'workers'],
    ['with a state that is not known', stats([worker('dreaming', 0)]), 'workers/0/status'],
    ['with a core that says neither', stats([worker('idle', 2)]), 'in_request'],
    ['cut off', stats([worker('idle', 0)]).slice(0, -1), 'as JSON'],
  ])('%s are none', (_, text, message) => {
    expect(() => countBusy(text)).toThrow(message);
  });
});

const good = stats([worker('busy', 1, 1), worker('busy', 1)], { listen_queue: 7, sockets: [{ queue: 7 }] });
const words = ['0', '-', '1', '"', ',', '{', '}', '"idle"', '"status":', '"in_request":', 'null', '[]', '\n'];

fuzz(
  subject,
  'that are damaged never count fewer than their queue and busy workers say',
  fc.property(mutated(fc.constant(good), { words }), (text) => {
    const counted = count(text);
    if (counted === undefined) return;
    // as: what is counted is an object with these two
    const said = JSON.parse(text.replace(/\p{Cc}/gu, ' ')) as { listen_queue: number; workers: { status: string }[] };
    const busy = said.workers.filter(({ status }) => status === 'busy').length;
    expect(counted).toBeGreaterThanOrEqual(said.listen_queue + busy);
  }),
);
