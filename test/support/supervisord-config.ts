import { readFileSync } from 'node:fs';
import { listenCommand, standbyCommand } from './drainctl.ts';
import { type IniSection, iniSection, overrideIni } from './ini.ts';
import type { Program, SupervisordOptions } from './supervisord.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';

/** The socket of the supervisord that is started in this directory. */
export function supervisorSocket(directory: TemporaryDirectory): string {
  return directory.file('supervisor.sock');
}

/** The configuration of the harness's supervisord. */
export function supervisordConfig(
  directory: TemporaryDirectory,
  options: SupervisordOptions,
  programs: readonly Program[],
): string {
  const socket = supervisorSocket(directory);
  const { username, password } = options.socket ?? {};
  return [
    iniSection('unix_http_server', { file: socket, chmod: '0700', ...options.socket }),
    iniSection('supervisord', {
      logfile: directory.file('supervisord.log'),
      pidfile: directory.file('supervisord.pid'),
      childlogdir: directory.path,
      loglevel: 'debug',
      // It warns about running as root unless it is told to.
      user: process.getuid?.() === 0 ? 'root' : undefined,
    }),
    iniSection('rpcinterface:supervisor', {
      'supervisor.rpcinterface_factory': 'supervisor.rpcinterface:make_main_rpcinterface',
    }),
    iniSection('supervisorctl', { serverurl: `unix://${socket}`, username, password }),
    ...programs.map(({ name, ...keys }) =>
      iniSection(`program:${name}`, { ...programDefaults(keys.numprocs), ...keys }),
    ),
    ...(options.listener === undefined ? [] : [listenerSection(directory, options.listener)]),
    ...(options.standby === undefined ? [] : [standbySection(directory, options.standby)]),
    options.extra ?? '',
  ].join('\n');
}

function programDefaults(numprocs = 1): IniSection {
  return {
    process_name: numprocs > 1 ? '%(program_name)s_%(process_num)02d' : undefined,
    startsecs: 1,
    stopwaitsecs: 10,
    stdout_logfile: 'NONE',
    stderr_logfile: 'NONE',
  };
}

/** The section that is shipped, with only what must differ on a test machine. */
function listenerSection(directory: TemporaryDirectory, listener: NonNullable<SupervisordOptions['listener']>): string {
  const shipped = readFileSync(new URL('../../supervisord.d/drain.conf', import.meta.url), 'utf8');
  const environment = Object.entries(listener.env ?? {}).map(([name, value]) => `${name}="${value}"`);
  return overrideIni(shipped, {
    command: listenCommand(listener.configFile),
    stderr_logfile: directory.file('drain.log'),
    environment: environment.length > 0 ? environment.join(',') : undefined,
    ...listener.overrides,
  });
}

function standbySection(directory: TemporaryDirectory, { configFile }: NonNullable<SupervisordOptions['standby']>) {
  const shipped = readFileSync(new URL('../../supervisord.d/drain-standby.conf', import.meta.url), 'utf8');
  return overrideIni(shipped, {
    command: standbyCommand(configFile),
    stderr_logfile: directory.file('drain-standby.log'),
  });
}
