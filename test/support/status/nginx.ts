import { freePort } from '../free-port.ts';
import { request } from '../http.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../temporary-directory.ts';
import { toolPath } from '../tools.ts';
import { type RealServer, startRealServer } from './real-server.ts';

/** A real nginx with one server on a loopback port and on a Unix socket. */
export interface Nginx extends RealServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The same server on a Unix socket. */
  readonly socketPath: string;
}

/** Starts one whose server has these `location` blocks; `/up` answers 204. */
export async function startNginx(locations: string): Promise<Nginx> {
  const directory = temporaryDirectory();
  const port = await freePort();
  const socketPath = directory.file('nginx.sock');
  const args = nginxArguments(
    directory,
    `listen 127.0.0.1:${port};
    listen unix:${socketPath};
    location = /up { return 204; }
${locations}`,
  );
  const url = `http://127.0.0.1:${port}`;
  const server = await startRealServer({
    program: toolPath('nginx'),
    args,
    directory,
    isUp: async () => (await request(`${url}/up`)).status === 204,
  });
  return { ...server, url, socketPath };
}

/** Writes the configuration of an nginx with one server, of which these are the directives; gives how to run it in the foreground. */
export function nginxArguments(directory: TemporaryDirectory, server: string): string[] {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const file = directory.write(
    'nginx.conf',
    `daemon off;
worker_processes 2;
pid ${directory.file('nginx.pid')};
error_log ${directory.file('error.log')};
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 128; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${directory.file(name)};`).join('\n  ')}
  server {
    ${server}
  }
}
`,
  );
  return ['-e', directory.file('error.log'), '-c', file];
}
