import { expect } from 'vitest';
import type { CheckDocument } from '../../src/check/apply.ts';
import { expectNoneFailed } from './acceptance.ts';
import { type DrainctlOptions, type DrainctlResult, runDrainctl, spawnDrainctl } from './drainctl.ts';
import type { Example } from './example.ts';
import { type Haproxy, runHaproxy } from './haproxy.ts';
import { startLoad } from './load.ts';
import type { RunningProcess } from './processes.ts';
import { waitForSidecar } from './stack.ts';
import { type Supervisord, startSupervisord } from './supervisord.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { waitFor } from './wait-for.ts';
import { readStopLog, type StopRecord } from './web-server.ts';

/** What an example says, run: its programs under a real supervisord, with the sidecar. */
export interface ExampleStack extends AsyncDisposable {
  readonly example: Example;
  readonly supervisord: Supervisord;
  /** Every SIGTERM that a process of `webProgramIn` got, with what was in flight then. */
  stops(): StopRecord[];
  /** Runs the built drainctl with the example's drainctl.yaml. */
  drainctl(args: readonly string[], options?: DrainctlOptions): Promise<DrainctlResult>;
  spawnDrainctl(args: readonly string[], options?: DrainctlOptions): RunningProcess;
  /** Ends supervisord with all its programs, and removes the copy of the example. */
  close(): Promise<void>;
}

/** How to start an example's supervisord. */
export interface ExampleStackOptions {
  /**
   * The file with its programs: a whole supervisord.conf, whose paths were replaced so that they lie in the directory
   * and its socket is `supervisor.sock`; or sections for conf.d, which the harness's supervisord then has, with the
   * section that `drainctl install` writes. Default: `web.conf`.
   */
  readonly programs?: string;
  /** Variables of the sidecar and of `drainctl`, such as a PATH with stand-ins. Default: none. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the example's programs and the sidecar; resolves when the processes are RUNNING and the sidecar answers. */
export async function startExample(example: Example, options: ExampleStackOptions = {}): Promise<ExampleStack> {
  const { programs = 'web.conf', env = {} } = options;
  const { directory } = example;
  const configFile = example.file('drainctl.yaml');
  const given = example.read(programs);
  const isWhole = /^\[supervisord\]/m.test(given);
  // The harness's programs write into a directory that is only ours; and `ready` tells when one may go back.
  const text = given.replace(/^user=.*$/gm, '').replace(/^\[program:.*$/gm, '$&\nstartsecs=0');
  const supervisord = await startSupervisord(
    isWhole
      ? { directory, configFile: example.file(programs) }
      : { directory, extra: text, listener: { configFile, env } },
  );
  const stack: ExampleStack = {
    example,
    supervisord,
    stops: () => readStopLog(directory.file('stops.jsonl')),
    drainctl: (args, more = {}) => runDrainctl(args, { config: configFile, ...more, env: { ...env, ...more.env } }),
    spawnDrainctl: (args, more = {}) =>
      spawnDrainctl(args, { config: configFile, mark: directory.path, ...more, env: { ...env, ...more.env } }),
    close: () => supervisord.close(),
    [Symbol.asyncDispose]: () => supervisord.close(),
  };
  await supervisord.waitForRunning();
  await waitForSidecar(directory.file('drainctl.sock'), supervisord);
  return stack;
}

/** Where the parts are of an example's haproxy.cfg, after its replacements. */
export interface ExampleHaproxyOptions {
  /** Default: `haproxy.cfg`. */
  readonly config?: string;
  /** The frontend's port. */
  readonly port: number;
  /** The admin socket's path. */
  readonly socketPath: string;
  /** The admin socket's port, where it has one. */
  readonly adminPort?: number;
}

/** Starts HAProxy with the example's configuration, without what takes root and a service: user, chroot, log. */
export async function startExampleHaproxy(example: Example, options: ExampleHaproxyOptions): Promise<Haproxy> {
  const { config = 'haproxy.cfg', port, socketPath, adminPort = 0 } = options;
  const directory = temporaryDirectory();
  const text = example
    .read(config)
    .replace(/^\s*(?:user|group|chroot|daemon|log \/dev\/log)\b.*$/gm, '')
    // The checks are quicker than in the example, and a busy machine may be too slow to answer within their interval.
    .replace(/^defaults\b.*$/m, '$&\n  timeout check 5s');
  return runHaproxy({
    directory,
    configFile: directory.write('haproxy.cfg', text),
    socketPath,
    masterPath: directory.file('master.sock'),
    port,
    adminPort,
    masterWorker: false,
  });
}

/** How an example's drained restart is shown. */
export interface DrainedRestart {
  /** Where clients send. */
  readonly url: string;
  /** What `drainctl restart` is given, all of them in one run. Default: `web:*`. */
  readonly names?: readonly string[];
  /** The names in the answers, all of which must have answered before. */
  readonly servers: readonly string[];
  /** A connection for each request, for what balances connections. Default: connections are kept. */
  readonly closing?: boolean;
}

/** What a copy in the system's temporary directory can't help: it does not survive a reboot. */
const temporary = 'state-dir-persistent';

/** `drainctl check` has no finding, against the live system. */
export async function expectCleanCheck(stack: ExampleStack): Promise<void> {
  const { stdout, stderr } = await stack.drainctl(['check', '--json']);
  if (stdout === '') throw new Error(stderr);
  const { findings } = JSON.parse(stdout) as CheckDocument; // as: its own format
  expect(findings.filter(({ rule }) => rule !== temporary)).toEqual([]);
}

/**
 * Under requests of 0.2 s, restarts the processes in one run: it ends with 0, no request fails, and each was stopped
 * once, with nothing in flight.
 */
export async function expectDrainedRestart(stack: ExampleStack, options: DrainedRestart): Promise<void> {
  const { url, names = ['web:*'], servers, closing = false } = options;
  const headers: Record<string, string> = closing ? { connection: 'close' } : {};
  await using load = startLoad({ url, connections: 12, path: '/?ms=200', headers });
  await waitFor(() => servers.every((name) => load.answers.has(name)), { what: `answers of ${servers.join(', ')}` });
  const { exitCode, stderr } = await stack.drainctl(['restart', ...names]);
  expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
  await expectNoneFailed(load);
  const stops = stack.stops().map(({ name, inFlight }) => `${name}: ${inFlight}`);
  expect(stops.sort()).toEqual(servers.map((name) => `${name}: 0`).sort());
}
