import { freePort } from '../free-port.ts';
import { request } from '../http.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { toolPath } from '../tools.ts';
import { type RealServer, startRealServer } from './real-server.ts';

/** A real uWSGI whose application asks the backend and waits for its answer. */
export interface Uwsgi extends RealServer {
  /** The application: `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The stats server's Unix socket. */
  readonly statsSocket: string;
  /** The stats server over HTTP: `http://127.0.0.1:PORT/` where it was started with `statsHttp`. */
  readonly statsPort: number;
}

/** Starts one with a stats server on a Unix socket; with `statsHttp` on a port, over HTTP. */
export async function startUwsgi(options: {
  readonly processes: number;
  readonly threads: number;
  readonly backendPort: number;
  readonly statsHttp?: boolean;
}): Promise<Uwsgi> {
  const directory = temporaryDirectory();
  const [port, statsPort] = [await freePort(), await freePort()];
  const statsSocket = directory.file('stats.sock');
  const application = directory.write(
    'held.py',
    `import urllib.request

def application(environ, start_response):
    path = environ['PATH_INFO']
    url = 'http://127.0.0.1:${options.backendPort}' + path
    body = b'up' if path == '/up' else urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url).read()
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', str(len(body)))])
    return [body]
`,
  );
  const stats =
    options.statsHttp === true ? ['--stats', `127.0.0.1:${statsPort}`, '--stats-http'] : ['--stats', statsSocket];
  const workers = ['--processes', String(options.processes), '--threads', String(options.threads)];
  const url = `http://127.0.0.1:${port}`;
  const server = await startRealServer({
    program: toolPath('uwsgi'),
    args: [
      ...['--plugin', 'python3', '--master', '--need-app', '--wsgi-file', application, '--listen', '64'],
      ...['--http-socket', `127.0.0.1:${port}`, ...workers, ...stats],
    ],
    directory,
    isUp: async () => (await request(`${url}/up`)).status === 200,
  });
  return { ...server, url, statsSocket, statsPort };
}
