import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { onCleanUp } from '../cleanup.ts';
import { killMarked } from '../marked-processes.ts';
import { type RunningProcess, startProcess } from '../processes.ts';
import { markVariable } from '../run-id.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../temporary-directory.ts';
import { toolPath } from '../tools.ts';
import { waitFor } from '../wait-for.ts';
import { makeCgroups, removeCgroups } from './cgroups.ts';
import { Layer } from './layer.ts';
import { containerProblem } from './preconditions.ts';

const launchScript = fileURLToPath(new URL('launch.sh', import.meta.url));

/** With --keep-unit systemd-nspawn does not boot a machine again by itself; it asks for it by this exit status. */
const rebootStatus = 133;

const bootLimitMs = 90_000;
const commandLimitMs = 90_000;

/** What a command in a container did. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A systemd running as process 1 in a container, over this machine's own root file system, which it can read and not
 * change. It has a loopback interface and no other. Nothing of it outlives the test.
 */
export class Container {
  readonly name = `dctl-${randomBytes(4).toString('hex')}`;
  readonly #directory: TemporaryDirectory = temporaryDirectory();
  /** Its control groups, as folders of the host. */
  readonly cgroups: readonly string[];
  readonly #forget: () => void;
  #nspawn: RunningProcess | undefined;
  /** Process 1 of the container, as the host numbers it; 0 while there is none. */
  #initPid = 0;

  /**
   * Prepares one; `fill` writes what it has over the host's files.
   *
   * @throws Error saying why, where this machine can't run containers
   */
  constructor(fill: (layer: Layer) => void) {
    const problem = containerProblem();
    if (problem !== undefined) throw new Error(problem);
    for (const name of ['upper/.files', 'work', 'root']) mkdirSync(this.#directory.file(name), { recursive: true });
    fill(new Layer(this.#directory.file('upper/.files')));
    this.cgroups = makeCgroups(this.name);
    this.#forget = onCleanUp(
      () => this.close(),
      () => killMarked(this.#directory.path),
    );
  }

  /** Boots it, and resolves when all that is to be started at the boot has been. */
  async boot(): Promise<void> {
    const args = ['--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc'];
    const script = ['sh', launchScript, this.#directory.path, this.name, ...this.cgroups];
    const nspawn = startProcess(toolPath('unshare'), [...args, ...script], { mark: this.#directory.path, graceMs: 0 });
    this.#nspawn = nspawn;
    await waitFor(
      async () => {
        if (!nspawn.running) return true;
        this.#initPid = initOf(nspawn.pid);
        return this.#initPid !== 0 && (await this.#hasBooted());
      },
      { what: 'the container to boot', timeoutMs: bootLimitMs, intervalMs: 50 },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.console}`, { cause: error });
    });
    if (!nspawn.running) throw new Error(`the container did not start. systemd-nspawn said:\n${this.console}`);
  }

  /** Where all of it lies on the host; also the mark of its processes. */
  get folder(): string {
    return this.#directory.path;
  }

  /** What systemd-nspawn and the systemd in it have printed since the last boot. */
  get console(): string {
    return `${this.#nspawn?.stdout ?? ''}${this.#nspawn?.stderr ?? ''}`;
  }

  /** Runs a command inside, as root. Rejects when it is not done in time, never for its exit status. */
  async run(argv: readonly string[], limitMs = commandLimitMs): Promise<CommandResult> {
    if (this.#initPid === 0) throw new Error(`${argv.join(' ')}: the container ${this.name} does not run`);
    const result = await execa(toolPath('nsenter'), ['--target', `${this.#initPid}`, '--all', '--', ...argv], {
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        LANG: 'C.UTF-8',
        [markVariable]: this.#directory.path,
      },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    const { exitCode, stdout, stderr } = result;
    if (exitCode === undefined) throw new Error(`${argv.join(' ')}: ${result.shortMessage}\n${stdout}\n${stderr}`);
    return { exitCode, stdout, stderr };
  }

  /** The path on the host by which a file or socket inside is reached while the container runs. */
  inside(path: string): string {
    return `/proc/${this.#initPid}/root${path}`;
  }

  /** The text of a file that was written inside, also after the container has ended; empty where it is not there. */
  read(path: string): string {
    try {
      return readFileSync(this.#directory.file(`upper${path}`), 'utf8');
    } catch {
      return '';
    }
  }

  /** The journal of all boots as `journalctl` prints it, also after the container has ended. */
  async journal(args: readonly string[] = []): Promise<string> {
    const folder = this.#directory.file('upper/var/log/journal');
    const { stdout } = await execa(toolPath('journalctl'), ['--directory', folder, '--no-pager', ...args], {
      reject: false,
      stdin: 'ignore',
      timeout: commandLimitMs,
    });
    return stdout;
  }

  /** Waits until it has powered off or wants to be booted again. */
  async ended(limitMs = commandLimitMs): Promise<'off' | 'reboot'> {
    const nspawn = this.#nspawn;
    if (nspawn === undefined) throw new Error('the container was never booted');
    await waitFor(() => !nspawn.running, { what: 'the end of the container', timeoutMs: limitMs });
    this.#initPid = 0;
    const { code, signal } = await nspawn.exited;
    if (code === rebootStatus) return 'reboot';
    if (code === 0) return 'off';
    throw new Error(`systemd-nspawn ended with ${code ?? signal}:\n${this.console}`);
  }

  /** Ends it, like a power cut, and removes all of it. */
  async close(): Promise<void> {
    this.#forget();
    this.#nspawn?.kill('SIGKILL');
    await this.#nspawn?.close();
    this.#initPid = 0;
    await removeCgroups(this.cgroups);
    await this.#directory.close();
  }

  async #hasBooted(): Promise<boolean> {
    const { stdout } = await this.run(['systemctl', 'is-system-running']);
    const state = stdout.trim();
    if (state !== 'running' && state !== 'degraded') throw new Error(state);
    return true;
  }
}

/** unshare → systemd-nspawn → process 1 of the container; 0 while it is not there. */
function initOf(unsharePid: number): number {
  const nspawn = childOf(unsharePid);
  return nspawn === 0 ? 0 : childOf(nspawn);
}

function childOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
  } catch {
    return 0;
  }
}
