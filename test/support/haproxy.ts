import { connect } from 'node:net';
import { onCleanUp } from './cleanup.ts';
import { freePort } from './free-port.ts';
import { haproxyConfig } from './haproxy-config.ts';
import { endMarked, killMarked } from './marked-processes.ts';
import { type RunningProcess, startProcess } from './processes.ts';
import { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.ts';
import { toolPath } from './tools.ts';
import { waitFor } from './wait-for.ts';

/** A server of the backend `app`. */
export interface HaproxyServer {
  readonly name: string;
  readonly port: number;
  /** More words for its line, such as `agent-check agent-port 9000`. */
  readonly options?: string;
}

/** What to start HAProxy with. */
export interface HaproxyOptions {
  readonly servers: readonly HaproxyServer[];
  /** With a master process that `reload()` works on. Default: false. */
  readonly masterWorker?: boolean;
  /** Between two health checks of a server. Default: 200 ms. */
  readonly checkIntervalMs?: number;
  /** How many failed checks make a server DOWN. Default: 3. */
  readonly checkFall?: number;
  /** The name of a persistence cookie, which keeps clients at their server. */
  readonly cookie?: string;
  /** More lines for the backend. */
  readonly extraBackend?: string;
  /** More sections. */
  readonly extra?: string;
  /** What the admin socket allows. Default: admin. */
  readonly level?: 'admin' | 'operator' | 'user';
}

/** A real HAProxy in a temporary directory, with a frontend on a loopback port and the backend `app`. */
export interface Haproxy extends AsyncDisposable {
  readonly directory: TemporaryDirectory;
  /** The frontend: `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The admin socket's path. */
  readonly socketPath: string;
  /** The master CLI's path; it answers only with `masterWorker`. */
  readonly masterPath: string;
  /** The same socket over TCP: `tcp://127.0.0.1:PORT` */
  readonly tcpAddress: string;
  readonly process: RunningProcess;
  /** Sends commands to the admin socket and gives the whole answer. */
  command(text: string): Promise<string>;
  /** The `status` column of `show stat` by server name, such as UP, DRAIN, MAINT. */
  serverStates(): Promise<ReadonlyMap<string, string>>;
  /** The servers that a command has taken out (MAINT or DRAIN), whatever their health checks say. */
  serversOut(): Promise<readonly string[]>;
  /** Waits until each of these servers (default: all) is UP. */
  waitForUp(names?: readonly string[]): Promise<void>;
  /** Has the master load its configuration again, and waits until the new worker answers. Only with `masterWorker`. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** The name of the only backend. */
export const backendName = 'app';

/** Starts HAProxy; resolves when its admin socket answers. */
export async function startHaproxy(options: HaproxyOptions): Promise<Haproxy> {
  const directory = temporaryDirectory();
  const socketPath = directory.file('admin.sock');
  const masterPath = directory.file('master.sock');
  const [port, adminPort] = [await freePort(), await freePort()];
  const configFile = directory.write('haproxy.cfg', haproxyConfig({ ...options, port, adminPort, socketPath }));
  const { masterWorker = false } = options;
  return runHaproxy({ directory, configFile, socketPath, masterPath, port, adminPort, masterWorker });
}

/** Where things are of a HAProxy that is started with a configuration file as it is. */
export interface HaproxyFiles {
  /** Removed with HAProxy. */
  readonly directory: TemporaryDirectory;
  readonly configFile: string;
  readonly socketPath: string;
  readonly masterPath: string;
  /** The frontend's, and the admin socket's over TCP. */
  readonly port: number;
  readonly adminPort: number;
  readonly masterWorker: boolean;
}

/** Starts HAProxy with a configuration file; resolves when its admin socket answers. */
export async function runHaproxy(files: HaproxyFiles): Promise<Haproxy> {
  const { directory, configFile, socketPath, masterPath, port, adminPort, masterWorker } = files;
  const master = masterWorker ? ['-W', '-S', masterPath] : [];
  const mark = directory.path;
  const running = startProcess(toolPath('haproxy'), ['-db', ...master, '-f', configFile], { mark });

  const forget = onCleanUp(
    () => haproxy.close(),
    () => killMarked(mark),
  );

  const workerPid = async () => Number(/^Pid: (\d+)$/m.exec(await haproxy.command('show info'))?.[1]);

  /** A master that is not in its event loop yet, at the start and after a reload, loses the next SIGUSR2. */
  async function masterAnswers(): Promise<void> {
    if (!masterWorker) return;
    await waitFor(async () => (await ask(masterPath, 'show proc', true)).includes('worker'), {
      what: "HAProxy's master",
    });
  }

  const haproxy: Haproxy = {
    directory,
    masterPath,
    url: `http://127.0.0.1:${port}`,
    socketPath,
    tcpAddress: `tcp://127.0.0.1:${adminPort}`,
    process: running,
    command: (text) => ask(socketPath, text),
    async serverStates() {
      return parseStates(await haproxy.command('show stat'));
    },
    async serversOut() {
      return parseServersOut(await haproxy.command(`show servers state ${backendName}`));
    },
    async waitForUp(names) {
      await waitFor(
        async () => {
          const states = await haproxy.serverStates();
          const waiting = (names ?? [...states.keys()]).filter((name) => states.get(name) !== 'UP');
          if (waiting.length > 0) throw new Error(JSON.stringify([...states]));
          return true;
        },
        { what: `${names?.join(', ') ?? 'all servers'} to be UP in HAProxy`, timeoutMs: 30_000 },
      );
    },
    async reload() {
      const before = await workerPid();
      running.kill('SIGUSR2');
      await waitFor(async () => ![0, before, Number.NaN].includes(await workerPid()), { what: 'a new HAProxy worker' });
      await masterAnswers();
    },
    async close() {
      forget();
      running.kill('SIGKILL');
      await endMarked(mark);
      await running.close();
      await directory.close();
    },
    async [Symbol.asyncDispose]() {
      await haproxy.close();
    },
  };

  await waitFor(async () => !running.running || (await workerPid()) > 0, { what: 'an answer of HAProxy' });
  if (!running.running) {
    await haproxy.close();
    throw new Error(`HAProxy did not start: ${running.stderr}${running.stdout}`);
  }
  await masterAnswers();
  return haproxy;
}

/** One request on a stats socket: HAProxy answers, then closes. The master answers only to a client that has said all. */
export async function ask(socketPath: string, text: string, halfClose = false): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(socketPath, () => (halfClose ? socket.end(`${text}\n`) : socket.write(`${text}\n`)));
    socket.setTimeout(5_000, () => socket.destroy(new Error(`no answer to "${text}" within 5 s`)));
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.once('end', () => resolve(answer));
    socket.once('error', reject);
  });
}

/** The `status` column of `show stat` by server name. */
export function parseStates(csv: string): Map<string, string> {
  const [header = '', ...lines] = csv.trim().split('\n');
  const columns = header.replace(/^# /, '').split(',');
  const value = (line: string, column: string) => line.split(',')[columns.indexOf(column)] ?? '';
  const servers = lines.filter((line) => value(line, 'type') === '2');
  return new Map(servers.map((line) => [value(line, 'svname'), value(line, 'status')]));
}

/** The servers whose `srv_admin_state` in `show servers state` is not 0: 1 is MAINT, 8 DRAIN by command. */
export function parseServersOut(table: string): string[] {
  // A version, a header that begins with "#", then a server a line: be_id be_name srv_id srv_name addr op_state admin_state …
  const rows = table.split('\n').map((line) => line.split(' '));
  const servers = rows.filter(([backend = '', , , name]) => /^\d+$/.test(backend) && name !== undefined);
  return servers.filter((row) => row[6] !== '0').map((row) => row[3] ?? '');
}
