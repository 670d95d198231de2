import { freePort } from '../free-port.ts';
import { request } from '../http.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../temporary-directory.ts';
import { toolPath } from '../tools.ts';
import { type RealServer, startRealServer } from './real-server.ts';

/** What to start Apache with. */
export interface ApacheOptions {
  readonly mpm: 'event' | 'prefork';
  readonly extendedStatus: boolean;
  /** More lines. */
  readonly config: string;
}

/** A real Apache on a loopback port. */
export interface Apache extends RealServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
}

/** Where Debian's package has the modules. */
const modules = '/usr/lib/apache2/modules';

/** Starts one with mod_status at `/server-status`, and mod_proxy for `config`. */
export async function startApache({ mpm, extendedStatus, config }: ApacheOptions): Promise<Apache> {
  const directory = temporaryDirectory();
  const port = await freePort();
  const more = `ExtendedStatus ${extendedStatus ? 'On' : 'Off'}
StartServers ${mpm === 'event' ? 2 : 30}
KeepAliveTimeout 60
${config}`;
  const args = apacheArguments(directory, { port, mpm, config: more });
  const url = `http://127.0.0.1:${port}`;
  const server = await startRealServer({
    program: toolPath('apache2'),
    args,
    directory,
    isUp: async () => (await request(`${url}/server-status?auto`)).status === 200,
  });
  return { ...server, url };
}

/** Writes the configuration of an Apache with mod_status at `/server-status` and mod_proxy; gives how to run it in the foreground. */
export function apacheArguments(
  directory: TemporaryDirectory,
  { port, mpm, config }: Pick<ApacheOptions, 'mpm' | 'config'> & { readonly port: number },
): string[] {
  const loaded = [`mpm_${mpm}`, 'authz_core', 'status', 'proxy', 'proxy_http'];
  const file = directory.write(
    'apache.conf',
    `ServerRoot ${directory.path}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${directory.file('apache.pid')}
DefaultRuntimeDir ${directory.path}
ErrorLog ${directory.file('error.log')}
User www-data
Group www-data
${loaded.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n')}
<Location "/server-status">
  SetHandler server-status
</Location>
${config}
`,
  );
  return ['-D', 'FOREGROUND', '-f', file];
}
