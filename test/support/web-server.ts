import { fileURLToPath } from 'node:url';
import { request } from './http.ts';
import { readJsonLines } from './json-lines.ts';
import { type RunningProcess, startProcess } from './processes.ts';
import { waitFor } from './wait-for.ts';

/** The web program; see the comment at its head for its options. */
export const webProgram = fileURLToPath(new URL('../fixtures/web/server.mjs', import.meta.url));

/** One SIGTERM that a web process got, from its `--stop-log`. */
export interface StopRecord {
  readonly name: string;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Requests that this stop cut off. */
  readonly inFlight: number;
  /** Milliseconds since 1970 when it had sent its last answer, `/health` and `/load` not counted; absent where it had sent none. */
  readonly lastAnswerAt?: number;
}

/** Reads a `--stop-log`; empty when nothing has been stopped yet. */
export function readStopLog(file: string): StopRecord[] {
  return readJsonLines(file);
}

/** The command line of a web process, for a supervisord section; words must not hold spaces. */
export function webCommand(args: readonly string[]): string {
  return [process.execPath, webProgram, ...args].join(' ');
}

/** Starts one web process outside supervisord, such as the peer that takes over, and waits until it answers. */
export async function startWebServer(options: {
  readonly port: number;
  readonly name: string;
  readonly mark: string;
  readonly args?: readonly string[];
}): Promise<RunningProcess> {
  const { port, name, mark, args = [] } = options;
  const server = startProcess(process.execPath, [webProgram, '--port', `${port}`, '--name', name, ...args], { mark });
  await waitForHealth(port);
  return server;
}

/** Waits until the web process on this port answers `/health` with 200. */
export async function waitForHealth(port: number): Promise<void> {
  await waitFor(async () => (await request(`http://127.0.0.1:${port}/health`)).status === 200, {
    what: `health of the web process on port ${port}`,
    timeoutMs: 30_000,
  });
}
