import { basename } from 'node:path';
import { describeGracefulStop } from '../../support/contracts/graceful-stop.ts';
import { startNginx } from '../../support/status/nginx.ts';
import { findPhpFpm } from '../../support/status/php-fpm.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary-directory.ts';

/** One nginx in front of all. */
interface Front {
  /** `/NAME/…` is for the php-fpm with the socket `NAME.sock`. */
  readonly url: string;
  readonly sockets: TemporaryDirectory;
}

let front: Promise<Front> | undefined;

async function startFront(backendPort: number): Promise<Front> {
  const sockets = temporaryDirectory();
  const script = sockets.write(
    'pass-on.php',
    // In pieces, so that the client has the first half while the rest is being made.
    `<?php
$in = fopen('http://127.0.0.1:${backendPort}' . $_SERVER['REQUEST_URI'], 'r');
while (!feof($in)) { echo fread($in, 65536); flush(); }
`,
  );
  const { url } = await startNginx(`
    location ~ ^/(?<name>[^/]+)(?<rest>/.+) {
      fastcgi_pass unix:${sockets.path}/$name.sock;
      fastcgi_buffering off;
      fastcgi_param SCRIPT_NAME /pass-on.php;
      fastcgi_param SCRIPT_FILENAME ${script};
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param REQUEST_URI $rest;
    }`);
  return { url, sockets };
}

describeGracefulStop('php-fpm', {
  async make(directory, backendPort) {
    front ??= startFront(backendPort);
    const { url, sockets } = await front;
    const name = basename(directory.path);
    const socket = sockets.file(`${name}.sock`);
    const file = directory.write(
      'fpm.conf',
      `[global]
error_log = ${directory.file('error.log')}
daemonize = no
systemd_interval = 0
; Without it QUIT ends what is in flight at once.
process_control_timeout = 60s
[www]
${process.getuid?.() === 0 ? 'user = root\ngroup = root' : ''}
listen = ${socket}
pm = static
pm.max_children = 3
pm.status_path = /fpm-status
`,
    );
    return {
      command: `${findPhpFpm()} --nodaemonize --allow-to-run-as-root --no-php-ini --fpm-config ${file}`,
      url: `${url}/${name}`,
      probe: { probe: 'php_fpm_status', address: socket, path: '/fpm-status' },
      step: { step: 'signal', signal: 'QUIT' },
    };
  },
  section: { stopsignal: 'QUIT' },
});
