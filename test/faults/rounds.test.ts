import { expect, test } from 'vitest';
import type { RunAction, RunDocument } from '../../src/drain/api.ts';
import { SidecarClient } from '../../src/sidecar/client.ts';
import { expectNoneFailed, sidecarPid } from '../support/acceptance.ts';
import { freePort } from '../support/free-port.ts';
import { type MemoryUse, memoryOf, probedEnvironment } from '../support/front/heap-probe.ts';
import { request } from '../support/http.ts';
import { countOpenFiles, type ProcessResources, resourcesOf } from '../support/process-resources.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { figure, scale } from './support/figures.ts';

const row = '300 start-drain-restart rounds';

const rounds = scale(6, 300);
/** Until everything is loaded and compiled; in the full form also until the sidecar remembers no more ended runs. */
const warmUpRounds = scale(2, 20);
/** The first and the last of the measured rounds, which are compared. */
const partRounds = scale(2, 80);
/** Far above what it needs, so that garbage is collected as it is in production. */
const maxHeapMib = 2_048;

/** The short form takes a quarter of a minute, on a machine with nothing else to do. */
const timeoutMs = scale(300_000, 3 * 3_600_000);

const actions = ['drain', 'pool', 'restart', 'stop', 'start'] as const;

/**
 * How much more there may be at the end, as a ratio: pages that the allocator keeps, code that is compiled late or thrown
 * away. That alone makes the heap swing by a tenth; what leaks is in the counts of objects first.
 */
const rssAtMost = scale(1.5, 1.2);
const heapAtMost = scale(1.3, 1.25);
/** A leak of one in ten rounds makes twenty and more in the full form. */
const more = 2;
/** A request that happens to be under way is several objects. */
const moreObjects = 10;
/** The short form is over before the sidecar forgets its first ended run, so that each adds to what it has. */
const remembered = scale(actions.length * (rounds - warmUpRounds), 0);
/** What may have been added in the end, by what {@link memoryOf} counts. */
const moreOf = {
  listeners: more,
  emitters: moreObjects + remembered,
  signals: moreObjects + 8 * remembered,
  resources: moreObjects,
} as const satisfies Partial<Record<keyof MemoryUse, number>>;

/** One round's look at all processes of the stack. */
interface Sample {
  readonly sidecar: ProcessResources;
  readonly supervisord: ProcessResources;
  readonly haproxy: ProcessResources;
}

async function startRoundsStack(directory: TemporaryDirectory, port: number): Promise<Stack> {
  const environment = Object.entries(probedEnvironment(directory, maxHeapMib)).map(
    ([name, value]) => `${name}="${value}"`,
  );
  return startStack({
    processes: 2,
    program: { startsecs: 0 },
    listener: { environment: environment.join(',') },
    config: (config) => ({
      ...config,
      sidecar: { ...config.sidecar, http: `127.0.0.1:${port}` },
      defaults: { ...config.defaults, quiet: '50ms', poll: '20ms', max_unavailable: 2 },
    }),
  });
}

/** Has the sidecar do a run, and follows it to its end. */
async function runToEnd(api: SidecarClient, action: RunAction): Promise<RunDocument> {
  const id = await api.start(action, ['web:*'], { reason: 'a round' });
  let seen = 0;
  for (;;) {
    const { steps, result } = await api.wait(id, seen, 10_000);
    if (result[0] !== undefined) return result[0];
    seen = steps.at(-1)?.seq ?? seen;
  }
}

/** All that people and monitors do day by day. */
async function oneRound(api: SidecarClient, metricsUrl: string): Promise<void> {
  for (const action of actions) {
    const { outcome, message } = await runToEnd(api, action);
    expect({ action, outcome }, message).toEqual({ action, outcome: 'done' });
  }
  await api.getStatus();
  await api.getHistory(10);
  expect((await request(metricsUrl)).status).toBe(200);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The least of a number in the first and the last part: what is under way for a moment is not in it, and what leaks is. */
function leastOf(samples: readonly Sample[], measure: (sample: Sample) => number): { first: number; last: number } {
  const least = (part: readonly Sample[]) => Math.min(...part.map(measure));
  return { first: least(samples.slice(0, partRounds)), last: least(samples.slice(-partRounds)) };
}

function rssOf(samples: readonly Sample[]): { first: number; last: number } {
  const mib = (part: readonly Sample[]) => Math.round(median(part.map(({ sidecar }) => sidecar.rssKib)) / 102.4) / 10;
  return { first: mib(samples.slice(0, partRounds)), last: mib(samples.slice(-partRounds)) };
}

/** Warnings of Node, such as that of too many listeners, and errors, in the sidecar's log. */
function complaintsIn(log: string): string[] {
  const lines = log.split('\n').filter((line) => /Warning|"level":"(?:error|fatal)"/.test(line));
  // That one is of the probe.
  return lines.filter((line) => !line.includes('queryObjects'));
}

/** As the table shows it. */
function shown({ first, last }: { readonly first: number; readonly last: number }): string {
  return `${first} at first, ${last} at last`;
}

/** as: the entries of an object literal, whose keys TypeScript widens. */
const limits = Object.entries(moreOf) as [keyof typeof moreOf, number][];

test(
  `after ${rounds} rounds memory, open files and listeners are as before`,
  async () => {
    const directory = temporaryDirectory();
    const port = await freePort();
    await using stack = await startRoundsStack(directory, port);
    const api = new SidecarClient(stack.sidecarUrl.replace('unix://', ''));
    const pid = await sidecarPid(stack);
    const load = stack.startLoad({ connections: 4, path: '/?ms=50' });
    const round = () => oneRound(api, `http://127.0.0.1:${port}/metrics`);
    const samples: Sample[] = [];

    for (let done = 0; done < warmUpRounds; done++) await round();
    const before = await memoryOf(pid, directory);
    for (let done = warmUpRounds; done < rounds; done++) {
      await round();
      samples.push({
        sidecar: resourcesOf(pid),
        supervisord: resourcesOf(stack.supervisord.pid),
        haproxy: resourcesOf(stack.haproxy.process.pid),
      });
    }
    const after = await memoryOf(pid, directory);
    await expectNoneFailed(load);

    const rssMib = rssOf(samples);
    const files = {
      sidecar: leastOf(samples, ({ sidecar }) => countOpenFiles(sidecar)),
      supervisord: leastOf(samples, ({ supervisord }) => countOpenFiles(supervisord)),
      HAProxy: leastOf(samples, ({ haproxy }) => countOpenFiles(haproxy)),
    };
    const threads = leastOf(samples, ({ sidecar }) => sidecar.threads);
    const heap = { first: before.heapUsed, last: after.heapUsed };
    const told = JSON.stringify({
      rssMib,
      files,
      threads,
      before,
      after,
      open: [...(samples.at(-1)?.sidecar.openFiles ?? [])],
    });
    for (const { first, last } of [...Object.values(files), threads])
      expect(last, told).toBeLessThanOrEqual(first + more);
    for (const [name, limit] of limits)
      expect(after[name] - before[name], `${name}: ${told}`).toBeLessThanOrEqual(limit);
    expect(rssMib.last / rssMib.first, told).toBeLessThan(rssAtMost);
    expect(heap.last / heap.first, told).toBeLessThan(heapAtMost);
    expect(complaintsIn(stack.supervisord.listenerLog())).toEqual([]);
    expect(await sidecarPid(stack), 'the sidecar was restarted').toBe(pid);

    figure(row, 'rounds', `${rounds}, the first ${warmUpRounds} to warm up`);
    figure(row, "sidecar's RSS in MiB (median)", shown(rssMib));
    figure(
      row,
      "sidecar's heap in KiB after garbage collection",
      shown({ first: heap.first >> 10, last: heap.last >> 10 }),
    );
    for (const [name, count] of Object.entries(files)) figure(row, `open files of ${name}`, shown(count));
    for (const [name] of limits)
      figure(row, `${name} of the sidecar`, shown({ first: before[name], last: after[name] }));
    figure(row, 'threads of the sidecar', shown(threads));
  },
  timeoutMs,
);
