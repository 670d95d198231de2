import { expect } from 'vitest';
import { expectNoneFailed } from './acceptance.ts';
import type { DrainctlResult } from './drainctl.ts';
import { startLoad } from './load.ts';
import { waitFor } from './wait-for.ts';
import type { StopRecord } from './web-server.ts';

/** Processes behind a pool, with clients on its other side. A `Stack` is one. */
export interface PoolStack extends AsyncDisposable {
  /** Where clients send. */
  readonly url: string;
  /** What is restarted, in turn: `web:web_00`, … */
  readonly webNames: readonly string[];
  /** Every SIGTERM that a process got, with what was in flight then. */
  stops(): StopRecord[];
  drainctl(args: readonly string[]): Promise<DrainctlResult>;
}

const wanted = process.env['DRAINCTL_RESTARTS'];

/** How many restarts are shown: 5 in `npm test`; `DRAINCTL_RESTARTS=20` for the whole proof. */
export const restarts = Number(wanted ?? 5);

/** How long a test with that many may take. */
export const restartsTimeoutMs = 60_000 + restarts * 15_000;

/**
 * Under 30 connections of requests of 0.3 s, restarts one process after the other: each restart is done, no request
 * fails, and no process is stopped with anything in flight. `few` are enough for `npm test`.
 */
export async function expectDrainedRestarts(build: () => Promise<PoolStack>, few = restarts): Promise<void> {
  const count = wanted === undefined ? few : restarts;
  await using stack = await build();
  await using load = startLoad({ url: stack.url, connections: 30, path: '/?ms=300' });
  await waitFor(() => load.answers.size >= stack.webNames.length, { what: 'answers of all servers' });

  for (let done = 0; done < count; done++) {
    const name = stack.webNames[done % stack.webNames.length] ?? '';
    const { exitCode, stderr } = await stack.drainctl(['restart', name]);
    expect(exitCode, `restart ${done + 1} of ${count}, ${name}: ${stderr}`).toBe(0);
  }

  await expectNoneFailed(load);
  expect(stack.stops().map(({ inFlight }) => inFlight)).toEqual(Array.from({ length: count }, () => 0));
}
