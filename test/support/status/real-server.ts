import { onCleanUp } from '../cleanup.ts';
import { endMarked, killMarked, signalProcess } from '../marked-processes.ts';
import { startProcess } from '../processes.ts';
import type { TemporaryDirectory } from '../temporary-directory.ts';
import { waitFor } from '../wait-for.ts';

/** How to start a server that the distribution packages. */
export interface RealServerOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** Its own; removed with it. */
  readonly directory: TemporaryDirectory;
  /** True, or a resolved promise, once it answers; a throw means not yet. */
  isUp(): Promise<boolean>;
}

/** A server that runs. */
export interface RealServer {
  /** Ends it with all that it started, and removes its directory. */
  close(): Promise<void>;
}

/** Starts one in the foreground, and resolves when it answers. */
export async function startRealServer({ program, args, directory, isUp }: RealServerOptions): Promise<RealServer> {
  const mark = directory.path;
  const running = startProcess(program, args, { mark, cwd: directory.path });
  // With its process group: a worker of nginx overwrites its environment, and so the mark.
  const kill = () => {
    signalProcess(-running.pid, 'SIGKILL');
    killMarked(mark);
  };
  const forget = onCleanUp(() => close(), kill);
  async function close(): Promise<void> {
    forget();
    kill();
    await endMarked(mark);
    await running.close();
    await waitFor(() => !signalProcess(-running.pid, 0), { what: `the end of all workers of ${program}` });
    await directory.close();
  }
  await waitFor(async () => !running.running || (await isUp()), { what: `an answer of ${program}`, timeoutMs: 30_000 });
  if (!running.running) {
    const said = running.stderr + running.stdout;
    await close();
    throw new Error(`${program} did not start: ${said}`);
  }
  return { close };
}
