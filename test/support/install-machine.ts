import { lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readShipped } from '../../src/install/shipped.ts';
import type { InstallTarget } from '../../src/install/target.ts';
import { readSupervisordConfig } from '../../src/supervisor/config-file.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';

/** A machine in a directory: supervisord's configuration as Debian has it, and a folder for systemd's drop-ins. */
export interface Machine {
  readonly target: InstallTarget;
  readonly listenerFile: string;
  readonly dropInFile: string;
  /** How often systemd was told to read its units. */
  readonly reloads: () => number;
  /** All that lies in the directory, by path: content, mode, or what else it is. */
  readonly look: () => Record<string, string>;
}

/** Lays a machine out; the target may differ in what `differing` says. */
export function layOutMachine(
  directory: TemporaryDirectory,
  differing: Partial<InstallTarget> = {},
  extraConfig = '',
): Machine {
  let reloads = 0;
  for (const folder of ['conf.d', 'log', 'system']) mkdirSync(directory.file(folder));
  const file = directory.write(
    'supervisord.conf',
    `[supervisord]\nlogfile=%(here)s/log/s.log\n[include]\nfiles=conf.d/*.conf\n${extraConfig}`,
  );
  directory.write('conf.d/web.conf', '[program:web]\ncommand=sleep 1000\n');
  return {
    target: {
      shipped: readShipped(),
      program: { node: '/opt/node/bin/node', main: '/opt/drainctl/dist/main.js' },
      paths: { supervisord: '', systemd: '' },
      configFile: undefined,
      stateDir: directory.file('state'),
      sidecarSocket: directory.file('drainctl.sock'),
      supervisordConfig: readSupervisordConfig(file),
      supervisord: undefined,
      systemd: {
        unitText: '',
        folder: directory.file('system'),
        unit: 'supervisor.service',
        async reload() {
          reloads++;
        },
      },
      notes: [],
      ...differing,
    },
    listenerFile: directory.file('conf.d/drain.conf'),
    dropInFile: directory.file('system/supervisor.service.d/drain.conf'),
    reloads: () => reloads,
    look: () => lookAt(directory.path),
  };
}

/** All that lies in a folder, by path: mode and content of files, mode of folders. */
export function lookAt(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    names.map((name) => {
      const stats = lstatSync(join(folder, name));
      const mode = (stats.mode & 0o7777).toString(8);
      return [name, stats.isFile() ? `${mode} ${readFileSync(join(folder, name), 'utf8')}` : mode];
    }),
  );
}
