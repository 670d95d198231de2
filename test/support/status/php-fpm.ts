import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { freePort } from '../free-port.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../temporary-directory.ts';
import { toolPath } from '../tools.ts';
import { type RealServer, startRealServer } from './real-server.ts';

/** A real php-fpm with one pool on a Unix socket, whose script asks the backend and waits for its answer. */
export interface PhpFpm extends RealServer {
  readonly directory: TemporaryDirectory;
  readonly socketPath: string;
  /** The script's path. */
  readonly script: string;
  /** Where `pm.status_listen` answers. */
  readonly statusPort: number;
}

/** Starts one that listens on a Unix socket, or on a port of its own. */
export async function startPhpFpm(options: {
  readonly children: number;
  readonly backendPort: number;
  readonly listen?: number;
}): Promise<PhpFpm> {
  const directory = temporaryDirectory();
  const socketPath = directory.file('fpm.sock');
  const statusPort = await freePort();
  const script = directory.write('held.php', `<?php readfile('http://127.0.0.1:${options.backendPort}/held');\n`);
  const file = directory.write(
    'fpm.conf',
    `[global]
error_log = ${directory.file('error.log')}
daemonize = no
systemd_interval = 0
[www]
${process.getuid?.() === 0 ? 'user = root\ngroup = root' : ''}
listen = ${options.listen === undefined ? socketPath : `127.0.0.1:${options.listen}`}
pm = static
pm.max_children = ${options.children}
pm.status_path = /fpm-status
pm.status_listen = 127.0.0.1:${statusPort}
`,
  );
  const server = await startRealServer({
    program: findPhpFpm(),
    args: ['--nodaemonize', '--allow-to-run-as-root', '--no-php-ini', '--fpm-config', file],
    directory,
    isUp: () =>
      answers(options.listen === undefined ? { path: socketPath } : { port: options.listen, host: '127.0.0.1' }),
  });
  return { ...server, directory, socketPath, script, statusPort };
}

/** Debian names it after its version: php-fpm8.2, php-fpm8.4. */
export function findPhpFpm(): string {
  const name = readdirSync('/usr/sbin').find((each) => /^php-fpm\d/.test(each));
  return toolPath(name ?? 'php-fpm');
}

function answers(place: { readonly path: string } | { readonly port: number; readonly host: string }) {
  return new Promise<boolean>((resolve, reject) => {
    const socket = connect(place, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', reject);
  });
}
