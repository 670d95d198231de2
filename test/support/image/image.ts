import { chmodSync, chownSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { onCleanUp } from '../cleanup.ts';
import type { CommandResult } from '../container/container.ts';
import { Layer } from '../container/layer.ts';
import { installSoftware } from '../container/software.ts';
import { examplesFolder } from '../example.ts';
import { endMarked, killMarked } from '../marked-processes.ts';
import type { NetNamespace } from '../pools/net-namespace.ts';
import { type RunningProcess, startProcess } from '../processes.ts';
import { markVariable } from '../run-id.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { toolPath } from '../tools.ts';
import { waitFor } from '../wait-for.ts';
import { copiesIn, readDockerfile } from './dockerfile.ts';

const launchScript = fileURLToPath(new URL('launch.sh', import.meta.url));
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What an image of Node brings, and Debian's programs on this machine lack. */
const nodeUser = 'node:x:1000:1000::/home/node:/bin/bash\n';

/** How to run a container. */
export interface ContainerOptions {
  /** Where its files come from: a folder of examples/ with a Dockerfile. Default: only the harness's own programs. */
  readonly example?: string;
  /** More files by their path inside. */
  readonly files?: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  /** The network that it shares with others. */
  readonly network: NetNamespace;
  readonly hostname: string;
  /** `address name` for each other one, in /etc/hosts. */
  readonly hosts?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A user id that is also the group's. Default: root. */
  readonly uid?: number;
  readonly readOnly?: boolean;
  /** Folders of the host by the path at which they are inside. */
  readonly volumes?: Readonly<Record<string, string>>;
}

/** A command that runs as process 1, as Docker runs it, until the test ends. */
export interface RunningContainer {
  /** What process 1 and those that inherit its output have said. */
  log(): string;
  /** The text of a file that was written inside; empty where it is not there. */
  read(path: string): string;
  /** Runs a command inside as the container's user, as `docker exec` does. Never rejects for its exit status. */
  exec(...command: readonly string[]): Promise<CommandResult>;
  /** Starts a program in the container's files and network, but not among its processes, so that it outlives them. */
  spawnBeside(...command: readonly string[]): RunningProcess;
  /** Sends a signal to process 1. */
  kill(signal: NodeJS.Signals): void;
  /** Waits for the end of process 1 and with it of all; gives its exit status. */
  ended(limitMs: number): Promise<number | null>;
}

/** Why this machine can run no container; undefined: it can. */
export async function whyNoContainer(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'a container takes root';
  const script = 'mkdir $0/u $0/w $0/r && mount -t overlay overlay -o lowerdir=/etc,upperdir=$0/u,workdir=$0/w $0/r';
  const args = ['--mount', '--pid', '--net', '--uts', '--fork', '--mount-proc', 'sh', '-c', script];
  const directory = temporaryDirectory();
  const { failed, stderr } = await execa(toolPath('unshare'), [...args, directory.path], { reject: false });
  return failed ? `this machine permits no container: ${stderr}` : undefined;
}

/** Starts one; resolves when process 1 is there. */
export async function runContainer(options: ContainerOptions): Promise<RunningContainer> {
  const { command, network, hostname, uid = 0, env = {}, volumes = {}, readOnly = false } = options;
  const directory = temporaryDirectory();
  const mark = directory.path;
  for (const name of ['upper/.files', 'work', 'root']) mkdirSync(directory.file(name), { recursive: true });
  chmodSync(mark, 0o755);
  // As runc does, so that a program may open /dev/stdout.
  chownSync(directory.write('log', ''), uid, uid);
  await fill(new Layer(directory.file('upper/.files')), options);
  const namespaces = ['--mount', '--pid', '--uts', '--fork', '--kill-child=KILL'];
  const mounts = Object.entries(volumes).map(([inside, folder]) => `${folder}:${inside}`);
  const settings = [mark, hostname, `${uid}:${uid}`, readOnly ? 'ro' : 'rw', mounts.join(' ')];
  const inside = { PATH: path, HOME: '/', ...env, [markVariable]: mark };
  const environment = ['env', '-i', ...Object.entries(inside).map(([name, value]) => `${name}=${value}`)];
  const script = ['sh', launchScript, ...settings, ...environment, ...command];
  const [enter = '', ...words] = [...network.under, toolPath('unshare'), ...namespaces, ...script];
  const runtime = startProcess(enter, words, { mark, graceMs: 0 });
  const forget = onCleanUp(
    () => close(),
    () => killMarked(mark),
  );

  async function close(): Promise<void> {
    forget();
    runtime.kill('SIGKILL');
    await endMarked(mark);
    await runtime.close();
    await directory.close();
  }

  const pid = await waitFor(() => !runtime.running || childOf(runtime.pid), {
    what: 'process 1 of the container',
    timeoutMs: 30_000,
  });
  if (pid === true) throw new Error(`the container did not start: ${runtime.stderr}`);
  await waitFor(() => !runtime.running || textOf(`/proc/${pid}/comm`) !== 'sh\n', {
    what: `${command[0]} to be process 1`,
  });

  const enterBy = (...kinds: readonly string[]) => [`--target=${pid}`, ...kinds, '--root', '--wd'];
  return {
    log: () => textOf(directory.file('log')) + runtime.stderr,
    read: (file) => textOf(directory.file(`upper${file}`)),
    async exec(...argv) {
      const as = [`--setuid=${uid}`, `--setgid=${uid}`];
      const all = [...enterBy('--mount', '--pid', '--net', '--uts'), ...as, '--', ...environment, ...argv];
      const {
        exitCode = -1,
        stdout,
        stderr,
      } = await execa(toolPath('nsenter'), all, {
        reject: false,
        stdin: 'ignore',
        timeout: 60_000,
        killSignal: 'SIGKILL',
      });
      return { exitCode, stdout, stderr };
    },
    spawnBeside: (...argv) =>
      startProcess(toolPath('nsenter'), [...enterBy('--mount', '--net', '--uts'), '--', ...environment, ...argv], {
        mark,
      }),
    kill(signal) {
      process.kill(pid, signal);
    },
    async ended(limitMs) {
      await waitFor(() => !runtime.running, { what: `the end of ${hostname}`, timeoutMs: limitMs });
      return (await runtime.exited).code;
    },
  };
}

let software: ReturnType<typeof installSoftware> | undefined;

/** What a build would have put there: the programs that the Dockerfile installs, and what it copies. */
async function fill(layer: Layer, { example, files = {}, hostname, hosts = [] }: ContainerOptions): Promise<void> {
  software ??= installSoftware();
  (await software)(layer);
  layer.write('/etc/passwd', readFileSync('/etc/passwd', 'utf8') + nodeUser);
  layer.write('/etc/hosts', ['127.0.0.1 localhost', `127.0.0.1 ${hostname}`, ...hosts, ''].join('\n'));
  if (example !== undefined) {
    const folder = join(examplesFolder, example);
    for (const { sources, target } of copiesIn(readDockerfile(join(folder, 'Dockerfile')))) {
      for (const source of sources)
        layer.copy(join(folder, source), target.endsWith('/') ? target + basename(source) : target);
    }
  }
  for (const [file, text] of Object.entries(files)) layer.write(file, text);
}

/** The first child of a process; 0 while it has none. */
function childOf(pid: number): number {
  return Number(textOf(`/proc/${pid}/task/${pid}/children`).trim().split(' ')[0]);
}

/** "" where it is not there. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
