import { describe, expect, test } from 'vitest';
import { parseSocketAddress } from '../../../../src/pools/haproxy/address.ts';
import { parseWorkerInfo } from '../../../../src/pools/haproxy/earlier-workers.ts';
import { askMaster, parseWorkerPids } from '../../../../src/pools/haproxy/master.ts';
import { parseProcessStart, readProcessStart } from '../../../../src/pools/haproxy/process-start.ts';
import { watchReloads } from '../../../../src/pools/haproxy/reload-watch.ts';
import type { CommandSocket } from '../../../../src/pools/haproxy/socket.ts';
import { recordedAnswer } from './fixtures.ts';

const { signal } = new AbortController();
const tcp = address('tcp://127.0.0.1:1');
const unix = address('/run/haproxy.sock');

function address(text: string) {
  const parsed = parseSocketAddress(text);
  if (parsed === undefined) throw new Error(`${text} is not an address`);
  return parsed;
}

describe('parseWorkerInfo', () => {
  test('reads what HAProxy 2.6 printed', () => {
    expect(parseWorkerInfo(recordedAnswer('show-info.txt'))).toEqual({ pid: 30708, uptimeMs: 0 });
  });

  test.each(['', 'Pid: \n', 'Pid: 0', 'Pid: -1', 'No Pid: 12 here'])('%j names no worker', (text) => {
    expect(parseWorkerInfo(text)).toBeUndefined();
  });
});

describe('parseWorkerPids', () => {
  test('gives current and old workers, and neither the master nor programs', () => {
    expect(parseWorkerPids(recordedAnswer('show-proc.txt').replace('# programs', '# programs\n77  ssl  0'))).toEqual([
      30708, 30662,
    ]);
  });

  test.each(['', 'Unknown command', '#<PID> <type>\n-1 worker 0'])('%j is not understood', (text) => {
    expect(parseWorkerPids(text)).toBeUndefined();
  });
});

describe('askMaster', () => {
  const table = (scur: string) => `# pxname,svname,type,status,scur,qcur\napp,web_00,2,UP,${scur},1`;

  /** Knows workers 30708 and 30662; these are the answers of 30662. */
  function master(answer: string): CommandSocket {
    return {
      async ask(commands) {
        return commands.map((command) => (command === 'show proc' ? recordedAnswer('show-proc.txt') : answer));
      },
    };
  }
  const work = (answer: string) => askMaster(unix, master(answer)).work({ pid: 30708, uptimeMs: 0 }, signal);

  test('counts sessions and queue of workers that are not the current one', async () => {
    expect(await work(table('3'))).toEqual({ known: true, inFlight: new Map([['app/web_00', 4]]) });
  });

  test.each([
    ['that has gone in the meantime', "Can't find the target PID matching the prefix '@!30662'"],
    ['whose counts are no numbers', table('x')],
    ['that gives nothing', ''],
  ])('a worker %s makes it unknown', async (_, answer) => {
    expect(await work(answer)).toMatchObject({ known: false });
  });
});

describe('watchReloads', () => {
  const hour = 3_600_000;

  test('knows of no earlier work as long as one worker answers', async () => {
    const watch = watchReloads(tcp);
    await watch.work({ pid: 1, uptimeMs: 0 }, signal);
    expect(await watch.work({ pid: 1, uptimeMs: hour }, signal)).toMatchObject({ known: true });
  });

  test('a worker that was replaced out of sight leaves it unknown for an hour', async () => {
    const watch = watchReloads(tcp);
    await watch.work({ pid: 1, uptimeMs: hour }, signal);
    expect(await watch.work({ pid: 2, uptimeMs: 0 }, signal)).toMatchObject({ known: false });
  });

  test('one that was replaced more than an hour ago does not', async () => {
    const watch = watchReloads(tcp);
    await watch.work({ pid: 1, uptimeMs: 0 }, signal);
    expect(await watch.work({ pid: 2, uptimeMs: hour + 1_000 }, signal)).toMatchObject({ known: true });
  });

  test('a late answer of the old worker does not confuse it for ever', async () => {
    const watch = watchReloads(tcp);
    await watch.work({ pid: 1, uptimeMs: hour }, signal);
    await watch.work({ pid: 2, uptimeMs: 0 }, signal);
    await watch.work({ pid: 1, uptimeMs: hour }, signal);
    expect(await watch.work({ pid: 2, uptimeMs: 2 * hour }, signal)).toMatchObject({ known: false });
  });

  test('a process of that number that is not HAProxy is not taken for its worker', async () => {
    const watch = watchReloads(unix);
    await watch.work({ pid: process.pid, uptimeMs: 0 }, signal);
    expect(await watch.work({ pid: 2 ** 31, uptimeMs: 0 }, signal)).toMatchObject({ known: false });
  });
});

describe('process start', () => {
  test('is read although the command holds parentheses and spaces', () => {
    const rest = Array.from({ length: 40 }, (_, index) => index + 4).join(' ');
    expect(parseProcessStart(`12 (a) b (c)) S ${rest}\n`)).toEqual({
      command: 'a) b (c)',
      state: 'S',
      startTime: '22',
    });
  });

  test('is that of the process', async () => {
    expect(await readProcessStart(process.pid)).toMatchObject({ startTime: expect.stringMatching(/^\d+$/) });
  });

  test.each(['', '12 haproxy S 1', '12 (haproxy) S 1 2'])('%j is no stat file', (text) => {
    expect(parseProcessStart(text)).toBeUndefined();
  });
});
