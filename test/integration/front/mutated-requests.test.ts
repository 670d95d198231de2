import { randomInt } from 'node:crypto';
import * as fc from 'fast-check';
import pLimit from 'p-limit';
import { beforeAll, describe, expect, test } from 'vitest';
import { runDrainctl } from '../../support/drainctl.ts';
import { type MemoryUse, memoryOf, probedEnvironment } from '../../support/front/heap-probe.ts';
import { harmlessCalls, mutatedRequest } from '../../support/front/mutations.ts';
import { type BadPlay, openSockets, playBadly, type RawOutcome, sendRaw } from '../../support/front/raw-connection.ts';
import { callDocument, rawRequest } from '../../support/front/raw-http.ts';
import { startFront, type Twin } from '../../support/front/twins.ts';
import { markedProcesses } from '../../support/marked-processes.ts';
import { waitFor } from '../../support/wait-for.ts';

const requests = 10_000;
const atOnce = 60;
/** Far above what the sidecar needs, and so low that a leak of a few kilobytes a request ends it. */
const maxHeapMib = 96;
const growthAtMost = 1.2;

/** DRAINCTL_TEST_SEED=… repeats a run. */
const seed = Number(process.env['DRAINCTL_TEST_SEED'] ?? randomInt(2 ** 31));

describe(`the sidecar under requests that are no calls (seed ${seed})`, () => {
  let front: Twin;
  let sidecar: number;
  let processes: string;
  let before: MemoryUse;
  let sockets: number;

  beforeAll(async () => {
    front = await startFront({
      programs: () => [
        { name: 'web', command: '/bin/sleep 3600', numprocs: 2, startsecs: 0 },
        { name: 'flapper', command: '/bin/sleep 3600', startsecs: 0 },
      ],
      drained: ['web'],
      sidecar: { limits: { headers_timeout: '5s', request_timeout: '6s', idle_timeout: '4s', send_timeout: '2s' } },
      environment: (directory) => probedEnvironment(directory, maxHeapMib),
    });
    sidecar = sidecarOf(front);
    processes = await processesOf(front);
    // What is loaded, and compiled, only when it is needed is part of the start.
    for (const call of harmlessCalls) await rawRequest(front.sidecarSocket, { body: call });
    await sendAll(fc.sample(mutatedRequest, { numRuns: 1_000, seed: 1 }));
    before = await memoryOf(sidecar, front.directory);
    sockets = openSockets(sidecar);
  });

  /** Sends each on a connection of its own; gives what came of each. */
  async function sendAll(all: readonly Buffer[]): Promise<(RawOutcome & { readonly sent: string })[]> {
    const limit = pLimit(atOnce);
    const send = async (bytes: Buffer) => ({
      sent: JSON.stringify(bytes.toString('latin1')),
      ...(await sendRaw(front.sidecarSocket, bytes, 40_000)),
    });
    return Promise.all(all.map((bytes) => limit(() => send(bytes))));
  }

  async function expectUnharmed(): Promise<void> {
    const getState = await rawRequest(front.sidecarSocket, { body: harmlessCalls[0] ?? '' });
    expect(getState.body.toString()).toContain('RUNNING');
    expect(sidecarOf(front), 'the sidecar was restarted').toBe(sidecar);
    expect(await processesOf(front)).toBe(processes);
    expect(front.supervisord.listenerLog()).not.toMatch(/dropped|skipped bytes|"level":"(?:error|fatal)"/);
    await waitFor(
      () => {
        const left = openSockets(sidecar) - sockets;
        if (left > 0) throw new Error(`${left} are left`);
        return true;
      },
      { what: 'the end of all connections, those to supervisord included', timeoutMs: 60_000, intervalMs: 100 },
    );
    const after = await waitFor(
      async () => {
        const use = await memoryOf(sidecar, front.directory);
        if (use.heapUsed > before.heapUsed * growthAtMost) throw new Error(JSON.stringify({ before, after: use }));
        return use;
      },
      { what: 'the heap to be back within 20 % of its start', timeoutMs: 40_000, intervalMs: 200 },
    );
    expect(after.rss).toBeLessThan(before.rss + maxHeapMib * 2 ** 20);
  }

  test(`answers or closes ${requests} mutated ones, and goes on as before`, async () => {
    const mutated = fc.sample(mutatedRequest, { numRuns: requests, seed });
    const flapping = flap(front, 5);

    const outcomes = await sendAll(mutated);

    await flapping;
    expect(outcomes.filter(({ closed }) => !closed)).toEqual([]);
    // Not all of them were turned away at the door.
    const kinds = ['100', '200 fault', '200 result', '400', '404', '405', '413', '417', '431', 'no answer'];
    expect(kindsOf(outcomes)).toEqual(kinds);
    await expectUnharmed();
  }, 300_000);

  test('ends 200 slow and half-open connections, and serves others meanwhile', async () => {
    const head = 'POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n';
    const kinds: readonly BadPlay[] = [
      { first: '' },
      { first: 'P' },
      { first: head },
      { first: `${head}\r\n<methodCall>` },
      { first: head, drip: 'X-Header: slow\r\n'.repeat(100) },
      { first: `${head}\r\n`, drip: 'x'.repeat(400) },
      { first: wholeRequest(callDocument('supervisor.getState')) },
      { first: wholeRequest(callDocument('supervisor.getAllProcessInfo')).repeat(500), deaf: true },
    ];

    const plays = Array.from({ length: 25 }, () => kinds).flat();
    await Promise.all(plays.map((kind) => playBadly(front.sidecarSocket, kind)));
    // It comes after them in the sidecar's queue of connections: all of them have been taken when it is answered.
    const { exitCode, stderr } = await runDrainctl(['status'], { config: front.configFile });
    expect(exitCode, stderr).toBe(0);
    expect(front.supervisord.listenerLog(), 'some were refused at the door').not.toContain('are in use');
    await expectUnharmed();
  }, 180_000);
});

/** What kinds of answers there were. */
function kindsOf(outcomes: readonly RawOutcome[]): string[] {
  const kinds = outcomes.map(({ answer }) => {
    const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'no answer';
    return status === '200' ? `200 ${answer.includes('<fault>') ? 'fault' : 'result'}` : status;
  });
  return [...new Set(kinds)].sort();
}

function wholeRequest(body: string): string {
  return `POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

function sidecarOf(front: Twin): number {
  const found = markedProcesses(front.directory.path).find(({ command }) => / listen --config /.test(command));
  if (found === undefined) throw new Error('there is no sidecar');
  return found.pid;
}

/** Process ids by name of what must be left alone, supervisord's own included. */
async function processesOf({ supervisord }: Twin): Promise<string> {
  const { stdout } = await supervisord.ctl(['status', 'web:*']);
  return `${supervisord.pid} ${supervisord.process.running} ${stdout.replace(/uptime .*/g, '')}`;
}

/** Events for the sidecar: a program is stopped and started so many times. */
async function flap({ supervisord }: Twin, times: number): Promise<void> {
  for (let time = 0; time < times; time++) await supervisord.ctl(['restart', 'flapper']);
}
