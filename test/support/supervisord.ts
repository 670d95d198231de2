import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { onCleanUp } from './cleanup.ts';
import { request } from './http.ts';
import type { IniSection } from './ini.ts';
import { endMarked, killMarked } from './marked-processes.ts';
import { type RunningProcess, startProcess } from './processes.ts';
import { markVariable } from './run-id.ts';
import { supervisordConfig, supervisorSocket } from './supervisord-config.ts';
import { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.ts';
import { toolPath } from './tools.ts';
import { waitFor } from './wait-for.ts';

/** One `[program:NAME]` section: the keys of supervisord's manual. */
export interface Program extends IniSection {
  readonly name: string;
  readonly command: string;
  /** More than one makes `process_name` default to `%(program_name)s_%(process_num)02d`. */
  readonly numprocs?: number;
}

/** What to start supervisord with. */
export interface SupervisordOptions {
  readonly programs?: readonly Program[];
  /** Adds supervisord.d/drain.conf, its command being this repository's built `drainctl listen --config FILE`. */
  readonly listener?: {
    readonly configFile: string;
    /** Keys to set in the section, or with undefined to leave out. */
    readonly overrides?: IniSection;
    readonly env?: Readonly<Record<string, string>>;
  };
  /** Adds supervisord.d/drain-standby.conf likewise. */
  readonly standby?: { readonly configFile: string };
  /** More sections, as text. */
  readonly extra?: string;
  /** Where to put its files; removed when supervisord is closed. Default: a new one. */
  readonly directory?: TemporaryDirectory;
  /** Keys of `[unix_http_server]`, such as username and password. */
  readonly socket?: IniSection;
  /** A whole configuration file, used as it is: its socket is `supervisor.sock` in `directory`, and its logs lie there. */
  readonly configFile?: string;
}

/** A real supervisord in the foreground, in a temporary directory, on a Unix socket. */
export interface Supervisord extends AsyncDisposable {
  readonly directory: TemporaryDirectory;
  /** `unix:///…/supervisor.sock` */
  readonly url: string;
  readonly socketPath: string;
  readonly configFile: string;
  /** The process id of supervisord itself. */
  readonly pid: number;
  readonly process: RunningProcess;
  /** supervisord's own log. */
  log(): string;
  /** The sidecar's log: what it wrote to standard error. */
  listenerLog(): string;
  /** Runs supervisorctl, by default against supervisord's own socket, and gives what it printed. Throws only when it takes over 60 s. */
  ctl(args: readonly string[], serverUrl?: string): Promise<{ stdout: string; exitCode: number }>;
  /** The state of each process by `group:name`, as supervisorctl shows it. */
  states(): Promise<ReadonlyMap<string, string>>;
  /** Waits until these processes (default: all) are RUNNING. */
  waitForRunning(names?: readonly string[]): Promise<void>;
  /** Replaces the programs in the configuration file; `ctl(['update'])` makes supervisord read it. */
  rewrite(programs: readonly Program[]): void;
  /** Waits until supervisord has ended by itself. */
  waitForExit(timeoutMs?: number): Promise<void>;
  /** Ends it and everything that it has started, even when it was killed before: nothing is drained. */
  close(): Promise<void>;
}

/** Starts supervisord; resolves when it answers, before its programs have come up. */
export async function startSupervisord(options: SupervisordOptions): Promise<Supervisord> {
  const directory = options.directory ?? temporaryDirectory();
  const socketPath = supervisorSocket(directory);
  const render = (programs: readonly Program[]) => supervisordConfig(directory, options, programs);
  const configFile = options.configFile ?? directory.write('supervisord.conf', render(options.programs ?? []));
  const mark = directory.path;
  const running = startProcess(toolPath('supervisord'), ['--nodaemon', '--configuration', configFile], { mark });

  const forget = onCleanUp(
    () => supervisord.close(),
    () => killMarked(mark),
  );
  const read = (name: string) => {
    try {
      return readFileSync(directory.file(name), 'utf8');
    } catch {
      return '';
    }
  };

  const supervisord: Supervisord = {
    directory,
    url: `unix://${socketPath}`,
    socketPath,
    configFile,
    pid: running.pid,
    process: running,
    log: () => read('supervisord.log'),
    listenerLog: () => read('drain.log'),
    async ctl(args, serverUrl) {
      const server = serverUrl === undefined ? [] : ['--serverurl', serverUrl];
      const { stdout, exitCode } = await execa(toolPath('supervisorctl'), ['-c', configFile, ...server, ...args], {
        env: { [markVariable]: mark },
        reject: false,
        timeout: 60_000,
        stdin: 'ignore',
        all: true,
      });
      if (exitCode === undefined) throw new Error(`supervisorctl ${args.join(' ')} did not end within 60 s: ${stdout}`);
      return { stdout, exitCode };
    },
    async states() {
      return parseProcessInfo(await callSupervisord(socketPath, 'supervisor.getAllProcessInfo', options.socket));
    },
    async waitForRunning(names) {
      await waitFor(
        async () => {
          const states = await supervisord.states();
          const wanted = names ?? [...states.keys()];
          const missing = wanted.filter((name) => states.get(name) !== 'RUNNING');
          if (wanted.length === 0 || missing.length > 0) throw new Error(JSON.stringify([...states]));
          return true;
        },
        { what: `${names?.join(', ') ?? 'all processes'} to be RUNNING`, timeoutMs: 40_000, intervalMs: 100 },
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${supervisord.listenerLog()}`, { cause: error });
      });
    },
    rewrite(programs) {
      directory.write('supervisord.conf', render(programs));
    },
    async waitForExit(timeoutMs = 50_000) {
      await waitFor(() => !running.running, { what: 'the end of supervisord', timeoutMs });
    },
    async close() {
      forget();
      // SIGKILL, not SIGTERM: a gate that is being tested could hold up an orderly end.
      running.kill('SIGKILL');
      await endMarked(mark);
      await running.close();
      await directory.close();
    },
    async [Symbol.asyncDispose]() {
      await supervisord.close();
    },
  };

  await waitFor(
    async () => {
      if (!running.running) return 'ended';
      const answer = await callSupervisord(socketPath, 'supervisor.getPID', options.socket);
      return answer.includes(`<int>${running.pid}</int>`) && 'up';
    },
    { what: `an answer of supervisord ${running.pid}` },
  )
    .then((outcome) => {
      if (outcome === 'ended') throw new Error('it ended at once');
    })
    .catch(async (error: unknown) => {
      const said = supervisord.log() + running.stdout + running.stderr;
      await supervisord.close();
      throw new Error(`supervisord did not start: ${said}`, { cause: error });
    });
  return supervisord;
}

/**
 * Calls a method without arguments, and gives the answer's XML. Independent of drainctl's own client on purpose, and
 * thirty times quicker than starting a supervisorctl.
 */
async function callSupervisord(socketPath: string, method: string, socket: IniSection = {}): Promise<string> {
  const { username, password } = socket;
  const { status, body } = await request('http://localhost/RPC2', {
    socketPath,
    method: 'POST',
    body: `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params/></methodCall>`,
    ...(username === undefined ? {} : { auth: `${username}:${password}` }),
  });
  if (status !== 200 || body.includes('<fault>')) throw new Error(`${method}: HTTP ${status}: ${body}`);
  return body;
}

/** The state by `group:name` from an answer to getAllProcessInfo; each struct holds each member once. */
function parseProcessInfo(xml: string): Map<string, string> {
  const all = (member: string) =>
    [...xml.matchAll(new RegExp(`<name>${member}</name>\\s*<value><string>([^<]*)</string>`, 'g'))].map(
      (match) => match[1],
    );
  const names = all('name');
  const states = all('statename');
  return new Map(all('group').map((group, index) => [`${group}:${names[index]}`, states[index] ?? '']));
}
