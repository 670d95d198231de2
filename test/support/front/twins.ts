import { fileURLToPath } from 'node:url';
import { onCleanUp } from '../cleanup.ts';
import { writeConfig } from '../drainctl.ts';
import { request } from '../http.ts';
import { type Program, type Supervisord, type SupervisordOptions, startSupervisord } from '../supervisord.ts';
import { supervisorSocket } from '../supervisord-config.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../temporary-directory.ts';
import { waitFor } from '../wait-for.ts';
import type { Identity } from './normalise.ts';

/** One supervisord of a pair, and the address at which clients ask it. */
export interface Twin extends Identity {
  readonly supervisord: Supervisord;
  /** The sidecar's Unix socket, whoever is asked. */
  readonly sidecarSocket: string;
  /** Of drainctl. */
  readonly configFile: string;
}

/** Two supervisords of the same configuration, each with a sidecar. */
export interface Twins extends AsyncDisposable {
  /** Asked at its own socket. */
  readonly direct: Twin;
  /** Asked at its sidecar's socket. */
  readonly front: Twin;
  readonly both: readonly Twin[];
  /** Both have the processes in the states that they had at first; what is not is started or stopped. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** What both are started with. */
export interface TwinOptions {
  readonly programs: (directory: TemporaryDirectory) => readonly Program[];
  readonly supervisord?: Omit<SupervisordOptions, 'programs' | 'listener' | 'directory'>;
  /** Groups that are drained before they are stopped; the others are stopped undrained. Nothing is ever in flight. */
  readonly drained?: readonly string[];
  /** Groups in which something is always in flight, so that a stop ends in a hold after half a second. */
  readonly busy?: readonly string[];
  /** Environment of the sidecar. */
  readonly environment?: (directory: TemporaryDirectory) => Readonly<Record<string, string>>;
  /** More keys of `sidecar` in drainctl's configuration. */
  readonly sidecar?: object;
}

/** The path of a program in test/fixtures/front. */
export function frontFixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/front/${name}`, import.meta.url));
}

/** Starts both; resolves when their programs run and both sidecars answer. */
export async function startTwins(options: TwinOptions): Promise<Twins> {
  const [direct, front] = await Promise.all([startTwin(options, false), startTwin(options, true)]);
  const both = [direct, front];
  const atFirst = await rest(direct);
  const twins: Twins = {
    direct,
    front,
    both,
    async settle() {
      await Promise.all(both.map((twin) => settle(twin, atFirst)));
    },
    async close() {
      forget();
      await Promise.all(both.map((twin) => twin.supervisord.close()));
    },
    async [Symbol.asyncDispose]() {
      await twins.close();
    },
  };
  const forget = onCleanUp(() => twins.close());
  return twins;
}

/** A file is read at once, where a program may take longer than the deadline to start on a busy machine. */
function busyIn(directory: TemporaryDirectory): object {
  const path = directory.write('in-flight', '1\n');
  return { in_flight: [{ probe: 'file', path }], deadline: '500ms', on_deadline: 'hold' };
}

const idle = { in_flight: [{ probe: 'exec', command: ['/bin/echo', '0'] }] };

/** Starts one alone; resolves when its programs run and its sidecar answers. */
export async function startFront(options: TwinOptions): Promise<Twin> {
  return startTwin(options, true);
}

async function startTwin(options: TwinOptions, isFront: boolean): Promise<Twin> {
  const directory = temporaryDirectory();
  const sidecarSocket = directory.file('drainctl.sock');
  const configFile = writeConfig(directory, {
    supervisor: { url: `unix://${supervisorSocket(directory)}` },
    sidecar: { socket: sidecarSocket, ...options.sidecar },
    state_dir: directory.file('state'),
    defaults: { deadline: '10s', quiet: '0s' },
    programs: Object.fromEntries([
      ...(options.drained ?? []).map((name) => [name, idle] as const),
      ...(options.busy ?? []).map((name) => [name, busyIn(directory)] as const),
    ]),
  });
  const supervisord = await startSupervisord({
    ...options.supervisord,
    directory,
    programs: options.programs(directory),
    listener: { configFile, env: options.environment?.(directory) ?? {} },
  });
  const serverUrl = isFront ? `unix://${sidecarSocket}` : supervisord.url;
  const twin = { supervisord, directory, serverUrl, sidecarSocket, configFile };
  await waitForTwin(twin);
  return twin;
}

/** Waits until nothing of it is on its way up any more, and its sidecar answers. */
export async function waitForTwin({ supervisord, sidecarSocket }: Twin): Promise<void> {
  const isUp = async () => {
    const states = [...(await supervisord.states()).values()];
    if (states.length === 0 || states.includes('STARTING')) throw new Error(states.join(' '));
    const answer = await request('http://localhost/RPC2', {
      socketPath: sidecarSocket,
      method: 'POST',
      body: getState,
    });
    return answer.status === 200 && answer.body.includes('RUNNING');
  };
  await waitFor(isUp, { what: 'supervisord and its sidecar', timeoutMs: 40_000, intervalMs: 50 }).catch(
    (error: unknown) => {
      throw new Error(`${String(error)}\n${supervisord.listenerLog()}`, { cause: error });
    },
  );
}

const getState =
  '<?xml version="1.0"?><methodCall><methodName>supervisor.getState</methodName><params></params></methodCall>';

/** Who runs and who does not. */
async function rest(twin: Twin): Promise<ReadonlyMap<string, boolean>> {
  return new Map([...(await twin.supervisord.states())].map(([name, state]) => [name, state === 'RUNNING']));
}

async function settle(twin: Twin, wanted: ReadonlyMap<string, boolean>): Promise<void> {
  const now = await rest(twin);
  const differing = [...wanted].filter(([name, runs]) => now.get(name) !== runs);
  for (const [name, runs] of differing) await twin.supervisord.ctl([runs ? 'start' : 'stop', name]);
  if (differing.length > 0) await waitForTwin(twin);
}
