import { SidecarClient } from '../src/sidecar/client.ts';
import { writeConfig } from '../test/support/drainctl.ts';
import { freePort } from '../test/support/free-port.ts';
import { backendName, type Haproxy, startHaproxy } from '../test/support/haproxy.ts';
import { type Supervisord, startSupervisord } from '../test/support/supervisord.ts';
import { supervisorSocket } from '../test/support/supervisord-config.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../test/support/temporary-directory.ts';
import { waitFor } from '../test/support/wait-for.ts';
import { startWebServer } from '../test/support/web-server.ts';

/** How long a task must be idle, and how often that is looked at. */
export const quietMs = 300;
export const pollMs = 100;

/** What to put together. */
export interface TaskStackOptions {
  readonly processes: number;
  readonly sidecar: boolean;
  /** Default: 1. */
  readonly haproxies?: number;
  /** Gives the address that drainctl is told for each HAProxy, which is its own where this is absent. */
  readonly address?: (haproxy: Haproxy, index: number, directory: TemporaryDirectory) => Promise<string>;
}

/** supervisord with many processes that cost nothing, and HAProxys in front of them. */
export interface TaskStack {
  readonly directory: TemporaryDirectory;
  readonly supervisord: Supervisord;
  /** The first HAProxy. */
  readonly haproxy: Haproxy;
  /** drainctl's. */
  readonly configFile: string;
  /** The same, with a sidecar's socket on which nobody listens. */
  readonly configFileWithoutSidecar: string;
}

/**
 * Starts processes `task:task_000`, … that only sleep. Their servers in HAProxy all lead to one web server outside
 * supervisord, so that requests can be held on them. Freed at the end of the scope.
 */
export async function startTaskStack(options: TaskStackOptions): Promise<TaskStack> {
  const { processes, sidecar, haproxies: haproxyCount = 1 } = options;
  const directory = temporaryDirectory();
  const port = await freePort();
  await startWebServer({ port, name: 'tasks', mark: directory.path });
  const servers = Array.from({ length: processes }, (_, index) => ({
    name: `task_${String(index).padStart(3, '0')}`,
    port,
  }));
  // One web server answers the checks of all; with a check every 200 ms of each it would do little else.
  const start = () => startHaproxy({ servers, checkIntervalMs: 5_000 });
  const haproxy = await start();
  const haproxies = [haproxy, ...(await Promise.all(Array.from({ length: haproxyCount - 1 }, start)))];
  const { address = async (each: Haproxy) => each.socketPath } = options;
  const addresses = await Promise.all(haproxies.map((each, index) => address(each, index, directory)));

  const socket = directory.file('drainctl.sock');
  const config = taskConfig(directory, addresses, socket);
  const configFile = writeConfig(directory, config);
  const supervisord = await startSupervisord({
    directory,
    programs: [
      {
        name: 'task',
        command: 'sleep 3600',
        numprocs: processes,
        process_name: '%(program_name)s_%(process_num)03d',
      },
    ],
    ...(sidecar ? { listener: { configFile } } : {}),
  });
  await supervisord.waitForRunning();
  if (sidecar) await waitForSidecar(socket);
  return {
    directory,
    supervisord,
    haproxy,
    configFile,
    configFileWithoutSidecar: writeConfig(
      directory,
      { ...config, sidecar: { socket: directory.file('nobody.sock') } },
      'without-sidecar.yaml',
    ),
  };
}

/** As `stackConfig` of the harness, for these processes. */
function taskConfig(directory: TemporaryDirectory, addresses: readonly string[], socket: string) {
  return {
    supervisor: { url: `unix://${supervisorSocket(directory)}` },
    sidecar: { socket },
    state_dir: directory.file('state'),
    pools: { lb: { driver: 'haproxy', addresses } },
    defaults: { deadline: '60s', quiet: `${quietMs}ms`, poll: `${pollMs}ms` },
    programs: { task: { members: [{ pool: 'lb', server: `${backendName}/%(process_name)s` }] } },
  };
}

async function waitForSidecar(socket: string): Promise<void> {
  await waitFor(() => new SidecarClient(socket).getVersion(), { what: 'the sidecar to answer' });
}
