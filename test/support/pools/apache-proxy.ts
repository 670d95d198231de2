import { chmodSync, readFileSync } from 'node:fs';
import { onCleanUp } from '../cleanup.ts';
import { freePort } from '../free-port.ts';
import { request } from '../http.ts';
import { endMarked, killMarked } from '../marked-processes.ts';
import { type RunningProcess, startProcess } from '../processes.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { toolPath } from '../tools.ts';
import { waitFor } from '../wait-for.ts';

/** What to start Apache with. */
export interface ApacheProxyOptions {
  /** Lines of `<Proxy balancer://app>`, such as `BalancerMember http://127.0.0.1:8100`. */
  readonly members: readonly string[];
  /** Default: a free one. */
  readonly port?: number;
  /** More lines. */
  readonly extra?: string;
  /** Lines in `<Location /balancer-manager>`. Default: `Require local`. */
  readonly access?: string;
}

/** A real Apache with the balancer `app` behind its `/`, and the manager at `/balancer-manager`. */
export interface ApacheProxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly managerUrl: string;
  readonly process: RunningProcess;
  /** Makes a change in the manager, as a person does: `w_status_N=1` and the like. */
  set(worker: string, form: Readonly<Record<string, string>>, balancer?: string): Promise<void>;
  /** The status of a worker of `app`, such as `Init Drn Ok`. */
  status(worker: string): Promise<string>;
  /** A graceful restart (SIGUSR1); resolves when the new processes answer. */
  reload(): Promise<void>;
  /** What a file in its directory holds, such as its access log. */
  file(name: string): string;
  close(): Promise<void>;
}

/** Where Debian's package has the modules. */
const modules = '/usr/lib/apache2/modules';
const loaded = [
  ...['mpm_event', 'authn_core', 'authn_file', 'authz_core', 'authz_host', 'authz_user', 'auth_basic', 'proxy'],
  ...['proxy_http', 'slotmem_shm', 'proxy_balancer', 'lbmethod_byrequests'],
];

/** Starts one. */
export async function startApacheProxy(options: ApacheProxyOptions): Promise<ApacheProxy> {
  const { members, extra = '', access = 'Require local' } = options;
  const directory = temporaryDirectory();
  // Its processes run as another user than the one that made the directory.
  chmodSync(directory.path, 0o711);
  const port = options.port ?? (await freePort());
  const errorLog = directory.file('error.log');
  const file = directory.write(
    'apache.conf',
    `ServerRoot ${directory.path}
ServerName proxy.test
Listen 127.0.0.1:${port}
PidFile ${directory.file('apache.pid')}
DefaultRuntimeDir ${directory.path}
Mutex file:${directory.path} default
ErrorLog ${errorLog}
User www-data
Group www-data
${loaded.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n')}
StartServers 2
ThreadsPerChild 64
<Proxy balancer://app>
${members.map((line) => `  ${line}`).join('\n')}
</Proxy>
${extra}
<Location /balancer-manager>
  SetHandler balancer-manager
  ${access}
</Location>
ProxyPass /balancer-manager !
ProxyPass / balancer://app/
`,
  );
  const mark = directory.path;
  const running = startProcess(toolPath('apache2'), ['-D', 'FOREGROUND', '-f', file], { mark, cwd: mark });
  const forget = onCleanUp(
    () => proxy.close(),
    () => killMarked(mark),
  );
  const url = `http://127.0.0.1:${port}`;
  const managerUrl = `${url}/balancer-manager`;
  const page = async () => (await request(managerUrl)).body;
  const nonceOf = (html: string, balancer: string) =>
    new RegExp(`b=${balancer}&amp;nonce=([\\w-]*)"`).exec(html)?.[1] ?? '';
  const timesConfigured = () => readFileSync(errorLog, 'utf8').split('resuming normal operations').length;

  const proxy: ApacheProxy = {
    url,
    managerUrl,
    process: running,
    async set(worker, form, balancer = 'app') {
      const fields = { b: balancer, w: worker, nonce: nonceOf(await page(), balancer), ...form };
      await request(managerUrl, {
        method: 'POST',
        body: new URLSearchParams(fields).toString(),
        headers: { Referer: managerUrl, 'content-type': 'application/x-www-form-urlencoded' },
      });
    },
    async status(worker) {
      const row = (await page()).split('\n').find((line) => line.includes(`b=app&amp;w=${worker}&amp;`));
      return row?.split('</td><td>')[5]?.trim() ?? '';
    },
    async reload() {
      const before = timesConfigured();
      running.kill('SIGUSR1');
      await waitFor(() => timesConfigured() > before, { what: 'Apache to have reloaded' });
      await waitFor(async () => (await request(managerUrl)).status > 0, { what: 'Apache to answer after its reload' });
    },
    file: (name) => readFileSync(directory.file(name), 'utf8'),
    async close() {
      forget();
      // In order: killed, it would leave its shared memory behind.
      await running.close();
      await endMarked(mark);
      await directory.close();
    },
    async [Symbol.asyncDispose]() {
      await proxy.close();
    },
  };
  await waitFor(async () => !running.running || (await request(managerUrl)).status > 0, {
    what: 'an answer of Apache',
    timeoutMs: 30_000,
  });
  if (!running.running) {
    const said = running.stderr + running.stdout;
    await proxy.close();
    throw new Error(`Apache did not start: ${said}`);
  }
  return proxy;
}
