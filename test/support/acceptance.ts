import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { RunDocument, StatusDocument } from '../../src/drain/api.ts';
import { onCleanUp } from './cleanup.ts';
import type { Haproxy } from './haproxy.ts';
import { request } from './http.ts';
import type { Load, LoadOptions, LoadResult } from './load.ts';
import { markedProcesses } from './marked-processes.ts';
import type { RunningProcess } from './processes.ts';
import type { Stack } from './stack.ts';
import type { StackConfig } from './stack-config.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { waitFor } from './wait-for.ts';

/** Puts 60 connections of half-second requests on a stack, and resolves when every server has answered some. */
export async function startSteadyLoad(stack: Stack, options: Partial<LoadOptions> = {}): Promise<Load> {
  const load = stack.startLoad(options);
  const servers = stack.webNames.length + (stack.peer === undefined ? 0 : 1);
  await waitFor(() => load.answers.size >= servers, { what: 'answers of all servers' });
  return load;
}

/** Options for a stack in which a cookie leads to one process, as {@link startHeldRequest} needs it. */
export const stickyHaproxy = { cookie: 'SERVER' } as const;

/** A request through HAProxy that is in flight until the test releases it, however slow the machine is. */
export interface HeldRequest {
  /** What has come of it so far: nothing while it is in flight. */
  readonly result: LoadResult;
  /** Has it answered, and resolves with what came of it. */
  release(): Promise<LoadResult>;
  /** Cuts it off where it is still in flight; it is not counted then. */
  close(): Promise<void>;
}

/** Sends one to the process of that number, beside which the process has no request yet; resolves when it is there. */
export async function startHeldRequest(stack: Stack, process = 0): Promise<HeldRequest> {
  const file = temporaryDirectory().write('held', '');
  const cookie = `${stickyHaproxy.cookie}=web_${String(process).padStart(2, '0')}`;
  const path = `/?while=${encodeURIComponent(file)}`;
  const load = stack.startLoad({ connections: 1, path, timeoutMs: 3_600_000, headers: { cookie } });
  const inFlight = async () => (await request(`http://127.0.0.1:${stack.webPorts[process]}/load`)).body.trim();
  await waitFor(async () => (await inFlight()) === '1', { what: 'the held request to be in flight' });
  // No other comes after it.
  const ended = load.stop();
  return {
    get result() {
      return load.result;
    },
    release() {
      rmSync(file, { force: true });
      return ended;
    },
    close: () => load.close(),
  };
}

/**
 * Work in flight beside that of the clients, which lasts until the test releases it, however slow the machine is: within
 * `deadline`, which is longer than any test by default.
 */
export function workUntilReleased(deadline = '300s'): {
  readonly config: (config: StackConfig) => object;
  release(): void;
  /** Puts it in flight again, for the next test of the same stack. */
  hold(): void;
} {
  const directory = temporaryDirectory();
  const path = directory.write('in-flight', '1');
  return {
    config(config) {
      const { web } = config.programs;
      const load = web.ready.http.replace(/health$/, 'load');
      const probes = [
        { probe: 'file', path },
        { probe: 'http', url: load },
      ];
      return { ...config, programs: { web: { deadline, ...web, in_flight: probes } } };
    },
    release() {
      directory.write('in-flight', '0');
    },
    hold() {
      directory.write('in-flight', '1');
    },
  };
}

/** Ends the load; every single failed request is a failure of the test. */
export async function expectNoneFailed(load: Load): Promise<void> {
  const { failed, failures, requests } = await load.stop();
  expect({ failed, failures }).toEqual({ failed: 0, failures: [] });
  expect(requests).toBeGreaterThan(0);
}

/** These processes were stopped, in any order, each exactly once and with nothing in flight. */
export function expectIdleStops(stack: Stack, names: readonly string[] = stack.webNames): void {
  const stops = stack.stops().map(({ name, inFlight }) => ({ name: `web:${name}`, inFlight }));
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
  expect(stops.sort(byName)).toEqual(names.map((name) => ({ name, inFlight: 0 })).sort(byName));
}

/** What {@link watchServers} saw. */
export interface ServersSeen {
  readonly samples: number;
  /** The most servers that were not UP in one sample. */
  readonly mostOut: number;
  /** Every server that was not UP in some sample. */
  readonly everOut: readonly string[];
}

/** Looks at the servers' states in HAProxy about a hundred times a second; `stop()` tells what was seen. */
export function watchServers(haproxy: Haproxy): { stop(): Promise<ServersSeen> } {
  const everOut = new Set<string>();
  let [samples, mostOut, stopping] = [0, 0, false];
  const sample = async () => {
    while (!stopping) {
      const states = await haproxy.serverStates();
      const out = [...states].filter(([, status]) => !status.startsWith('UP')).map(([name]) => name);
      samples += 1;
      mostOut = Math.max(mostOut, out.length);
      for (const name of out) everOut.add(name);
      await delay(10);
    }
  };
  const sampling = sample();
  // A test that has failed already tells why; this one only has to end.
  sampling.catch(() => {});
  const end = () => {
    stopping = true;
  };
  onCleanUp(end);
  return {
    async stop() {
      end();
      await sampling;
      return { samples, mostOut, everOut: [...everOut].sort() };
    },
  };
}

/** Waits until a command that is under way has said this on its standard error, at least `times` times. */
export async function waitForStep(command: RunningProcess, step: RegExp, times = 1): Promise<void> {
  const pattern = new RegExp(step, 'g');
  await waitFor(
    () => {
      if ((command.stderr.match(pattern) ?? []).length >= times) return true;
      if (!command.running) throw new Error(`it has ended:\n${command.stderr}${command.stdout}`);
      throw new Error(command.stderr);
    },
    { what: `"${step.source}" ${times} times`, timeoutMs: 30_000, intervalMs: 5 },
  );
}

/** Waits for the end of a command, and gives its exit status; null when a signal ended it. */
export async function exitCodeOf(command: RunningProcess, timeoutMs = 40_000): Promise<number | null> {
  await waitFor(() => !command.running, { what: 'the end of the command', timeoutMs }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${command.stderr}${command.stdout}`, { cause: error });
  });
  return (await command.exited).code;
}

/** The process id of the sidecar that supervisord runs now. */
export async function sidecarPid(stack: Stack): Promise<number> {
  return waitFor(
    () => markedProcesses(stack.directory.path).find(({ command }) => / listen --config /.test(command))?.pid,
    { what: 'the sidecar' },
  );
}

/** Kills the sidecar with SIGKILL; supervisord starts another one. Gives the process id it had. */
export async function killSidecar(stack: Stack): Promise<number> {
  const pid = await sidecarPid(stack);
  process.kill(pid, 'SIGKILL');
  return pid;
}

/** `drainctl status --json` */
export async function statusOf(stack: Stack): Promise<StatusDocument> {
  const { stdout } = await stack.drainctl(['status', '--json']);
  return JSON.parse(stdout) as StatusDocument; // as: the documented form of the command's output
}

/** `drainctl history --json`, the latest first. */
export async function historyOf(stack: Stack): Promise<RunDocument[]> {
  const { stdout } = await stack.drainctl(['history', '--json']);
  return JSON.parse(stdout) as RunDocument[]; // as: the documented form of the command's output
}

/** Waits until a server in HAProxy has a status like this. */
export async function waitForServer(haproxy: Haproxy, server: string, status: RegExp): Promise<void> {
  await waitFor(
    async () => {
      const seen = (await haproxy.serverStates()).get(server) ?? 'missing';
      if (!status.test(seen)) throw new Error(seen);
      return true;
    },
    { what: `${server} to be ${status}`, timeoutMs: 30_000 },
  );
}

/** Waits until a command has taken a server out of HAProxy. Its status may be DOWN by then: its process has gone. */
export async function waitForServerOut(haproxy: Haproxy, server: string): Promise<void> {
  const isOut = async () => (await haproxy.serversOut()).includes(server);
  await waitFor(isOut, { what: `${server} to be taken out`, timeoutMs: 30_000 });
}
