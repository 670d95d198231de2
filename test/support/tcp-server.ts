import { createConnection, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { onCleanUp } from './cleanup.ts';
import { type RunningProcess, startProcess } from './processes.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { toolPath } from './tools.ts';
import { waitFor } from './wait-for.ts';

const script = fileURLToPath(new URL('../fixtures/tcp/server.py', import.meta.url));

/** A process that takes TCP connections and says nothing: `test/fixtures/tcp/server.py`. */
export interface TcpServer {
  readonly process: RunningProcess;
  readonly pid: number;
  readonly ports: readonly [number, ...number[]];
  /** Has it wait until it has accepted so many, or close what it listens on, its half of each connection, or each connection. */
  tell(what: `taken ${number}` | 'close' | 'half' | 'drop'): Promise<void>;
}

/** How to start one. */
export interface TcpServerOptions {
  /** Default: 127.0.0.1. */
  readonly address?: string;
  /** Default: any free one. */
  readonly ports?: readonly number[];
  readonly args?: readonly string[];
  /** A command that runs it, such as `unshare --net`. */
  readonly under?: readonly string[];
}

/** Starts a server; resolves when it listens. */
export async function startTcpServer(options: TcpServerOptions = {}): Promise<TcpServer> {
  const { address = '127.0.0.1', ports = [0], args = [], under = [] } = options;
  const running = await startScript(under, [...args, address, ...ports.map(String)]);
  const [first = 0, ...others] = (running.stdout.split('\n')[0] ?? '').split(' ').map(Number);
  return {
    process: running,
    pid: running.pid,
    ports: [first, ...others],
    async tell(what) {
      const already = running.stdout.length;
      running.stdin?.write(`${what}\n`);
      await waitFor(() => running.stdout.slice(already).includes('done'), { what: `the server to ${what}` });
    },
  };
}

/** Connects that often from a process of its own, which a command runs, such as `nsenter`. */
export async function dialUnder(under: readonly string[], count: number, address: string, port: number): Promise<void> {
  await startScript(under, ['--dial', String(count), address, String(port)]);
}

async function startScript(under: readonly string[], args: readonly string[]): Promise<RunningProcess> {
  const [command = '', ...words] = [...under, toolPath('python3'), script, ...args];
  const running = startProcess(command, words, { mark: temporaryDirectory().path });
  await waitFor(() => running.stdout.includes('\n') || !running.running, { what: 'the TCP server to be there' });
  if (!running.running) throw new Error(`${command} ${words.join(' ')} ended: ${running.stderr}`);
  return running;
}

/** Connections of this process, closed when the scope ends. */
export async function connect(count: number, port: number, address = '127.0.0.1', from?: string): Promise<Socket[]> {
  const local = from === undefined ? {} : { localAddress: from };
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = createConnection({ host: address, port, allowHalfOpen: true, ...local });
      onCleanUp(() => void socket.destroy());
      await new Promise((resolve, reject) => {
        socket.once('error', reject);
        socket.once('connect', resolve);
      });
      return socket;
    }),
  );
}
