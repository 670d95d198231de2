/**
 * nginx as the load balancer: the `server` line of a member, in a file that nginx includes, gets the word `down`; then
 * `nginx -t`, then a reload. Checked against nginx 1.22.
 *
 * However many members change at once, it is one change of the file and one reload. A member is out when new workers
 * serve; the workers from before go on with the requests that they have, and are waited for up to `settle`. What `down` in
 * the file is worth is seen by when nginx's workers were started: a file that was changed after that is not loaded.
 *
 * Reference: https://nginx.org/en/docs/http/ngx_http_upstream_module.html#server; https://nginx.org/en/docs/control.html
 */
import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { durationSchema } from '../duration-schema.ts';
import { isDrainctlError } from '../errors.ts';
import { noSuchServers } from './nginx-upstream/errors.ts';
import { serversOf, type UpstreamServer, withDown } from './nginx-upstream/servers.ts';
import { type Look, openUpstream, type Upstream } from './nginx-upstream/upstream.ts';
import { definePool, type Json, type MemberState, type Pool, type PoolProblem } from './pool.ts';
import { type PoolDisk, poolDisk } from './pool-disk.ts';

const absolutePath = z.string().regex(/^\/.*[^/]$/, 'write the absolute path of a file');
const command = z.tuple([z.string().min(1, 'name a program')], z.string());

/** Together less than what a call of a pool may take, 30 s. */
const longest = { timeoutMs: 15_000, settleMs: 12_000 };

const options = z.object({
  file: absolutePath.describe(
    'The file with the `server` lines, included by nginx: within an `upstream`, or whole ones.',
  ),
  test: command
    .prefault(['nginx', '-t'])
    .describe('The program and its arguments that test the configuration, no shell.'),
  reload: command
    .prefault(['nginx', '-s', 'reload'])
    .describe(
      'The same for having nginx load it. `systemctl reload` is refused by systemd while the machine shuts down.',
    ),
  pid_file: absolutePath.default('/run/nginx.pid').describe('Where nginx writes the process id of its master.'),
  settle: durationSchema
    .refine((ms) => ms <= longest.settleMs, 'at most 12s')
    .prefault('10s')
    .describe(
      'How long at most the workers from before a reload are waited for, at most 12s: what they still have may go to the member. ' +
        'Without long requests it takes as long as the longest of them.',
    ),
  timeout: durationSchema
    .refine((ms) => ms <= longest.timeoutMs, 'at most 15s')
    .prefault('10s')
    .describe('The longest that a change may take, from the lock until new workers serve; at most 15s.'),
});

const member = z.object({
  server: z
    .string()
    .regex(/^[^\s;{}"'\\$]+$/, 'write the server as nginx has it, such as 127.0.0.1:8101')
    .describe('The server as its line names it: `127.0.0.1:8101`, `[::1]:8101`, `unix:/run/web_00.sock`.'),
  upstream: z
    .string()
    .min(1)
    .optional()
    .describe('The upstream, where the server is in several of the file. Default: all of them.'),
});

type Options = z.output<typeof options>;
type Member = z.output<typeof member>;

/** See the head of this file. */
export const nginxUpstream = definePool({
  name: 'nginx_upstream',
  summary: "nginx: the server's line in an included file gets `down`, and nginx is reloaded.",
  reference: 'https://nginx.org/en/docs/http/ngx_http_upstream_module.html#server',
  options,
  member,
  example: `pools:
  nginx:
    driver: nginx_upstream
    file: /etc/nginx/upstreams/app.conf
programs:
  web:
    members:
      - { pool: nginx, server: "127.0.0.1:81%(process_num)02d" }
    in_flight:
      - { probe: tcp }
`,
  label,
  open: (settings) => [openFile(settings)],
});

function label({ upstream, server }: Member): string {
  return upstream === undefined ? server : `${upstream}/${server}`;
}

/** What a look at the disk may take: it is asked at each poll. */
const diskTimeoutMs = 2_000;

function openFile(settings: Options): Pool<Member> {
  const disk = poolDisk(Math.min(settings.timeout, diskTimeoutMs));
  const { file, test, reload, pid_file: pidFile, timeout: timeoutMs } = settings;
  const upstream = openUpstream({ file, test, reload, pidFile, timeoutMs }, disk);

  return {
    address: file,
    settleMs: 0,
    counts: false,

    async state(members, signal) {
      signal.throwIfAborted();
      if (members.length === 0) return [];
      const look = await upstream.look(signal);
      return members.map((of) => stateOf(look, file, of));
    },

    async depool(members, signal) {
      signal.throwIfAborted();
      const known = new KnownMembers(file);
      const before = await upstream.change((look) => {
        const lines = members.flatMap(({ member: of }) => known.linesOf(look, of));
        return withDown(look.file.text, lines, true);
      }, signal);
      await upstream.untilGone(before, settings.settle, signal);
      known.expectAll();
    },

    async repool(members, signal) {
      signal.throwIfAborted();
      const known = new KnownMembers(file);
      await upstream.change((look) => {
        const lines = members.flatMap(({ member: of, before }) => {
          const wereDown = new Set(readBefore(before));
          return known.linesOf(look, of).filter((line) => !wereDown.has(keyOf(line)));
        });
        return withDown(look.file.text, lines, false);
      }, signal);
      known.expectAll();
    },

    check: (_, signal) => problemsOf(upstream, file, disk, signal),
  };
}

/** The lines of members; those without any are told when the others have been changed. */
class KnownMembers {
  readonly #file: string;
  readonly #unknown = new Set<string>();
  #servers: readonly UpstreamServer[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  linesOf(look: Look, member: Member): UpstreamServer[] {
    const lines = serversOf(look.servers, member);
    if (lines.length === 0) this.#unknown.add(label(member));
    this.#servers = look.servers;
    return lines;
  }

  /** @throws DrainctlError `POOL_MEMBER_MISSING` */
  expectAll(): void {
    if (this.#unknown.size === 0) return;
    const known = this.#servers.map(({ upstream, server }) => (upstream === '' ? server : `${upstream}/${server}`));
    throw noSuchServers(this.#file, [...this.#unknown], [...new Set(known)]);
  }
}

function stateOf(look: Look, file: string, of: Member): MemberState {
  const lines = serversOf(look.servers, of);
  const before = { down: lines.filter(({ isDown }) => isDown).map(keyOf) };
  const known = { before, inFlight: undefined };
  if (lines.length === 0) return { placement: 'missing', text: `no line in ${file}`, ...known };
  const down = before.down.length;
  if (down === 0) return { placement: 'in', text: 'not down', ...known };
  if (down < lines.length) return { placement: 'in', text: `down in ${down} of ${lines.length} lines`, ...known };
  if (look.isLoaded) return { placement: 'out', text: 'down', ...known };
  return { placement: 'in', text: 'down in the file, but nginx was not reloaded since that was changed', ...known };
}

/** Names one line of the file, also when others are added or reordered. */
function keyOf({ upstream, index }: UpstreamServer): string {
  return `${upstream}#${index}`;
}

/** Which lines were down before; what is not readable was in, or it would not be in the journal. */
function readBefore(before: Json): readonly Json[] {
  if (typeof before !== 'object' || before === null || !('down' in before)) return [];
  return Array.isArray(before['down']) ? before['down'] : [];
}

async function problemsOf(
  upstream: Upstream,
  file: string,
  disk: PoolDisk,
  signal: AbortSignal,
): Promise<readonly PoolProblem[]> {
  try {
    const look = await upstream.look(signal);
    const folder = dirname(look.file.path);
    await disk(`write in ${folder}`, signal, () => access(folder, constants.W_OK | constants.X_OK));
    const objection = await upstream.objection(signal);
    return [...(objection === undefined ? [] : [refuses(objection)]), ...(look.isLoaded ? [] : [notLoaded(file)])];
  } catch (error) {
    if (!isDrainctlError(error, 'POOL_REFUSED')) throw error;
    return [{ message: `${error.message} No member can be taken out.`, remedy: error.hint }];
  }
}

function refuses(objection: string): PoolProblem {
  return {
    message: `nginx refuses its present configuration, so that no member can be taken out: ${objection}.`,
    remedy: 'Run "nginx -t", and mend what it names.',
  };
}

function notLoaded(file: string): PoolProblem {
  return {
    message: `${file} was changed after nginx's last reload; what it says is not what nginx does.`,
    remedy: 'Reload nginx: nginx -t && nginx -s reload',
  };
}
