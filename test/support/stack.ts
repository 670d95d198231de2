import { onCleanUp } from './cleanup.ts';
import { type DrainctlOptions, type DrainctlResult, runDrainctl, spawnDrainctl, writeConfig } from './drainctl.ts';
import { freePort, freePortRange } from './free-port.ts';
import { type Haproxy, type HaproxyOptions, startHaproxy } from './haproxy.ts';
import { request } from './http.ts';
import type { IniSection } from './ini.ts';
import { type Load, type LoadOptions, startLoad } from './load.ts';
import type { RunningProcess } from './processes.ts';
import { type StackConfig, stackConfig, webSection } from './stack-config.ts';
import { type Program, type Supervisord, type SupervisordOptions, startSupervisord } from './supervisord.ts';
import { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.ts';
import { waitFor } from './wait-for.ts';
import { readStopLog, type StopRecord, startWebServer, waitForHealth } from './web-server.ts';

/** What to put together. */
export interface StackOptions {
  /** Web processes under supervisord: `web:web_00`, `web:web_01`, … Default: 4. */
  readonly processes?: number;
  /** HAProxys in front of them, or some that are there, which other stacks share: these are not ended with the stack. Default: 1. */
  readonly haproxies?: number | readonly Haproxy[];
  /** Of the web processes. Default: a free one. */
  readonly firstPort?: number;
  /** With the sidecar as event listener. Default: true. */
  readonly sidecar?: boolean;
  /** With the standby as a program. Default: false. */
  readonly standby?: boolean;
  /** With a server outside supervisord that stays up and takes over. Default: true. */
  readonly peer?: boolean;
  readonly haproxy?: Omit<HaproxyOptions, 'servers'>;
  /** More words for the line of each server in HAProxy, by its name. */
  readonly serverWords?: (name: string) => string;
  /** More keys of `[program:web]`. */
  readonly program?: IniSection;
  /** A command that runs the web program, such as `sh FILE`. */
  readonly webUnder?: readonly string[];
  /** More words of the web program's command line. */
  readonly webArgs?: readonly string[];
  /** More `[program:…]` sections. */
  readonly programs?: readonly Program[];
  readonly supervisord?: Omit<SupervisordOptions, 'programs' | 'listener' | 'standby' | 'directory'>;
  /** Keys of the `[eventlistener:drain]` section. */
  readonly listener?: IniSection;
  /** Changes the configuration before it is written. */
  readonly config?: (config: StackConfig) => object;
}

/** supervisord with a group `web`, HAProxys in front of it, and a configuration of drainctl for both. */
export interface Stack extends AsyncDisposable {
  readonly directory: TemporaryDirectory;
  readonly supervisord: Supervisord;
  readonly haproxies: readonly Haproxy[];
  /** The first HAProxy. */
  readonly haproxy: Haproxy;
  /** The server outside supervisord, `peer` in HAProxy. */
  readonly peer: RunningProcess | undefined;
  /** `web:web_00`, … */
  readonly webNames: readonly string[];
  /** The web processes' ports, in the order of `webNames`. */
  readonly webPorts: readonly number[];
  readonly configFile: string;
  /** Where the sidecar listens: `unix:///…` */
  readonly sidecarUrl: string;
  readonly stateDir: string;
  /** Every SIGTERM that a web process got, with what was in flight then. */
  stops(): StopRecord[];
  /** Runs the built drainctl with this stack's configuration. */
  drainctl(args: readonly string[], options?: DrainctlOptions): Promise<DrainctlResult>;
  /** Starts the built drainctl with this stack's configuration. */
  spawnDrainctl(args: readonly string[], options?: DrainctlOptions): RunningProcess;
  /** Sends requests through an HAProxy, the first one by default. */
  startLoad(options?: Partial<LoadOptions>): Load;
  /** Waits until the sidecar answers on its socket. */
  waitForSidecar(): Promise<void>;
  /** Waits until all is up: processes RUNNING and healthy, servers UP, the sidecar answering. */
  waitForHealthy(): Promise<void>;
  close(): Promise<void>;
}

/** Starts everything, and resolves when it is healthy. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { processes = 4, haproxies: given = 1, sidecar = true, peer: withPeer = true } = options;
  const directory = temporaryDirectory();
  const stopLog = directory.file('stops.jsonl');
  const firstPort = options.firstPort ?? (await freePortRange(Math.max(2, processes)));
  const webServers = Array.from({ length: processes }, (_, index) => ({
    name: `web_${String(index).padStart(2, '0')}`,
    port: firstPort + index,
  }));
  const peerServer = { name: 'peer', port: await freePort() };
  const peer = withPeer ? await startWebServer({ ...peerServer, mark: directory.path }) : undefined;

  const { serverWords = () => '' } = options;
  const servers = (withPeer ? [...webServers, peerServer] : webServers).map((server) => ({
    ...server,
    options: serverWords(server.name),
  }));
  const isOurs = typeof given === 'number';
  const start = () => startHaproxy({ ...options.haproxy, servers });
  const haproxies = isOurs ? await Promise.all(Array.from({ length: given }, start)) : given;
  const [haproxy] = haproxies;
  if (haproxy === undefined) throw new Error('a stack needs a HAProxy');

  const config = stackConfig({ directory, haproxies, firstPort });
  const configFile = writeConfig(directory, options.config?.(config) ?? config);
  const supervisord = await startSupervisord({
    ...options.supervisord,
    directory,
    programs: [
      webSection({
        ...{ processes, firstPort, stopLog },
        ...{ under: options.webUnder ?? [], args: options.webArgs ?? [], keys: options.program ?? {} },
      }),
      ...(options.programs ?? []),
    ],
    ...(sidecar ? { listener: { configFile, overrides: options.listener ?? {} } } : {}),
    ...(options.standby === true ? { standby: { configFile } } : {}),
  });

  const stack: Stack = {
    directory,
    supervisord,
    haproxies,
    haproxy,
    peer,
    webNames: webServers.map(({ name }) => `web:${name}`),
    webPorts: webServers.map(({ port }) => port),
    configFile,
    sidecarUrl: `unix://${config.sidecar.socket}`,
    stateDir: config.state_dir,
    stops: () => readStopLog(stopLog),
    drainctl: (args, more = {}) => runDrainctl(args, { config: configFile, ...more }),
    spawnDrainctl: (args, more = {}) => spawnDrainctl(args, { config: configFile, mark: directory.path, ...more }),
    startLoad: (more = {}) => startLoad({ url: haproxy.url, ...more }),
    waitForSidecar: () => waitForSidecar(config.sidecar.socket, supervisord),
    async waitForHealthy() {
      await supervisord.waitForRunning();
      await Promise.all(webServers.map(({ port }) => waitForHealth(port)));
      await Promise.all(haproxies.map((each) => each.waitForUp()));
      if (sidecar) await stack.waitForSidecar();
    },
    async close() {
      forget();
      await supervisord.close();
      await Promise.all([...(isOurs ? haproxies.map((each) => each.close()) : []), peer?.close()]);
    },
    async [Symbol.asyncDispose]() {
      await stack.close();
    },
  };
  const forget = onCleanUp(() => stack.close());
  await stack.waitForHealthy();
  return stack;
}

/** Waits until an XML-RPC server answers on the sidecar's socket. */
export async function waitForSidecar(socketPath: string, supervisord: Supervisord): Promise<void> {
  const body = '<?xml version="1.0"?><methodCall><methodName>system.listMethods</methodName><params/></methodCall>';
  await waitFor(
    async () => (await request('http://localhost/RPC2', { socketPath, method: 'POST', body })).status === 200,
    { what: 'the sidecar to answer', timeoutMs: 40_000, intervalMs: 50 },
  ).catch((error: unknown) => {
    throw new Error(`the sidecar does not answer; its log:\n${supervisord.listenerLog()}`, { cause: error });
  });
}
