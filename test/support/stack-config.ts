import { backendName, type Haproxy } from './haproxy.ts';
import type { IniSection } from './ini.ts';
import type { Program } from './supervisord.ts';
import { supervisorSocket } from './supervisord-config.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';
import { webCommand } from './web-server.ts';

/** The configuration that a stack writes for drainctl, as data. */
export type StackConfig = ReturnType<typeof stackConfig>;

/** The `[program:web]` section: processes `web:web_00`, `web:web_01`, … on successive ports. */
export function webSection(options: {
  readonly processes: number;
  readonly firstPort: number;
  readonly stopLog: string;
  readonly under?: readonly string[];
  readonly args: readonly string[];
  readonly keys: IniSection;
}): Program {
  const name = '%(program_name)s_%(process_num)02d';
  return {
    name: 'web',
    numprocs: options.processes,
    process_name: name,
    command: [
      ...(options.under ?? []),
      webCommand([
        ...['--port', `${options.firstPort / 100}%(process_num)02d`],
        ...['--name', name],
        ...['--stop-log', options.stopLog],
        ...options.args,
      ]),
    ].join(' '),
    ...options.keys,
  };
}

/** An ordinary configuration: one pool with all HAProxys, which count what is in flight themselves. */
export function stackConfig(options: {
  readonly directory: TemporaryDirectory;
  readonly haproxies: readonly Haproxy[];
  readonly firstPort: number;
}) {
  const { directory, haproxies, firstPort } = options;
  return {
    supervisor: { url: `unix://${supervisorSocket(directory)}` },
    sidecar: { socket: directory.file('drainctl.sock') },
    state_dir: directory.file('state'),
    pools: {
      lb: { driver: 'haproxy', addresses: haproxies.map((haproxy) => haproxy.socketPath) },
    },
    defaults: { deadline: '20s', quiet: '300ms', poll: '100ms' },
    programs: {
      web: {
        members: [{ pool: 'lb', server: `${backendName}/%(process_name)s` }],
        ready: { http: `http://127.0.0.1:${firstPort / 100}%(process_num)02d/health` },
      },
    },
  };
}
