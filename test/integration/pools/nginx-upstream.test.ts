import {
  chmodSync,
  chownSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { Agent, get } from 'node:http';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DrainctlError } from '../../../src/errors.ts';
import { nginxUpstream as driver } from '../../../src/pools/nginx-upstream.ts';
import type { MemberState, Pool } from '../../../src/pools/pool.ts';
import { describePool, type PoolWorld } from '../../support/contracts/pool.ts';
import { noServices } from '../../support/doubles/driver-surroundings.ts';
import { freePort } from '../../support/free-port.ts';
import { request } from '../../support/http.ts';
import { hungMount, hungMountLacks } from '../../support/hung-mount.ts';
import { type Nginx, startNginx } from '../../support/nginx.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startWebServer } from '../../support/web-server.ts';

type Options = Readonly<Record<string, unknown>>;
type Member = { readonly server: string; readonly upstream?: string | undefined };
const hangMs = 400;
const { signal } = new AbortController();
const fileName = 'app.conf';
const first: Member = { server: '127.0.0.1:8101' };
const second: Member = { server: 'unix:/run/web_01.sock' };
const third: Member = { server: '[::1]:8103' };
const servers = `# The servers of app.
server 127.0.0.1:8101 weight=2; server unix:/run/web_01.sock;
server [::1]:8103 backup
  max_fails=0;
keepalive 8;
`;

interface World {
  readonly nginx: Nginx;
  readonly port: number;
  readonly file: string;
  open(options?: Options): Pool<Member>;
  reset(): Promise<void>;
}

async function startWorld(text = servers): Promise<World> {
  const port = await freePort();
  const http = `  upstream app { include ${fileName}; }
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; } }`;
  const nginx = await startNginx({ port, http, files: { [fileName]: text } });
  const file = nginx.directory.file(fileName);
  const { test, reload, pidFile } = nginx;
  return {
    nginx,
    port,
    file,
    open: (options) => open({ file, test, reload, pid_file: pidFile, ...options }),
    async reset() {
      if (readFileSync(file, 'latin1') !== text) await nginx.load(fileName, text);
    },
  };
}

function open(options: Options): Pool<Member> {
  const [pool] = driver.open(driver.options.parse(options), noServices);
  if (pool === undefined) throw new Error('no pool');
  return pool;
}

async function stateOf(pool: Pool<Member>, member: Member): Promise<MemberState> {
  const [state] = await pool.state([member], signal);
  if (state === undefined) throw new Error('no state');
  return state;
}

const takeOut = (pool: Pool<Member>, ...members: Member[]) =>
  pool.depool(
    members.map((member) => ({ member, outForMs: 0 })),
    signal,
  );

async function rejection(promise: Promise<unknown>): Promise<DrainctlError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DrainctlError) return error;
  throw new Error(`a DrainctlError was expected, not ${String(error)}`);
}

async function setUp(): Promise<PoolWorld<Member>> {
  const world = await startWorld();
  const lacks = hungMountLacks();
  return {
    members: [first, second, third],
    unknown: { server: '127.0.0.1:9999' },
    open: () => world.open(),
    openUnreachable: () => world.open({ pid_file: world.nginx.directory.file('gone.pid') }),
    ...(lacks === undefined
      ? { openHanging: () => world.open({ file: `${hungMount().path}/${fileName}`, timeout: `${hangMs}ms` }) }
      : {}),
    hangMs,
    operatorActions: {
      down: ({ server }) => world.nginx.load(fileName, servers.replace(server, `${server} down`)),
    },
    reset: () => world.reset(),
  };
}

describePool('nginx_upstream', setUp);

describe('the nginx_upstream pool', () => {
  let world: World;
  let pool: Pool<Member>;
  const text = () => readFileSync(world.file, 'latin1');

  beforeAll(async () => {
    world = await startWorld();
  });
  beforeEach(async () => {
    await world.reset();
    pool = world.open();
  });

  test('several members are one change and one reload, and nothing else of the file is changed', async () => {
    const reloads = world.nginx.reloads();
    await takeOut(pool, first, third);
    expect(text()).toBe(servers.replace('weight=2', 'weight=2 down').replace('max_fails=0', 'max_fails=0 down'));
    expect(world.nginx.reloads()).toBe(reloads + 1);
  });

  test('what is out already, and loaded, is not reloaded again; not even by another drainctl', async () => {
    await takeOut(pool, first);
    const reloads = world.nginx.reloads();
    await takeOut(pool, first);
    await takeOut(world.open(), first);
    expect(world.nginx.reloads()).toBe(reloads);
  });

  test('two drainctl that change the file at once lose nothing of each other', async () => {
    await Promise.all([takeOut(world.open(), first), takeOut(world.open(), second), takeOut(world.open(), third)]);
    const states = await pool.state([first, second, third], signal);
    expect(states.map(({ placement }) => placement)).toEqual(['out', 'out', 'out']);
  });

  test('`down` that nginx has not loaded is not out, and taking out has it loaded', async () => {
    // As a drainctl that was killed between the two leaves it.
    renameSync(world.nginx.directory.write('edited', servers.replace('weight=2', 'weight=2 down')), world.file);
    await waitFor(async () => (await stateOf(pool, first)).text.includes('was not reloaded'), {
      what: 'it to be seen',
    });
    expect((await stateOf(pool, first)).placement).toBe('in');
    expect(await pool.check?.([first], signal)).toMatchObject([{ message: expect.stringContaining('last reload') }]);
    const workers = world.nginx.workers();
    await takeOut(pool, first);
    expect(world.nginx.workers().some((pid) => workers.includes(pid))).toBe(false);
    expect((await stateOf(pool, first)).placement).toBe('out');
  });

  test('a configuration that nginx refuses is put back, and told in its words', async () => {
    const broken = `${servers}server 127.0.0.1:8104 wait=2;\n`;
    writeFileSync(world.file, broken);
    const reloads = world.nginx.reloads();
    const error = await rejection(takeOut(pool, first));
    expect(error.code).toBe('POOL_REFUSED');
    expect(error.message).toMatch(/invalid parameter "wait=2" in .*app\.conf:6\. The file was put back as it was\.$/);
    expect(text()).toBe(broken);
    expect(world.nginx.reloads()).toBe(reloads);
    expect(await pool.check?.([first], signal)).toContainEqual({
      message: expect.stringContaining('invalid parameter "wait=2"'),
      remedy: expect.stringContaining('nginx -t'),
    });
  });

  test('a reload that fails is put back', async () => {
    const error = await rejection(takeOut(world.open({ reload: ['/bin/sh', '-c', 'echo no bus >&2; exit 1'] }), first));
    expect([error.code, error.message]).toEqual([
      'POOL_UNREACHABLE',
      expect.stringContaining('failed: "no bus". The file was put back'),
    ]);
    expect(text()).toBe(servers);
  });

  test('a reload that nginx does not heed is told, and tried again later', async () => {
    const deaf = world.open({ test: ['/bin/true'], reload: ['/bin/true'], timeout: '1500ms' });
    expect((await rejection(takeOut(deaf, first))).message).toContain('has no new workers after');
    expect((await stateOf(deaf, first)).placement).toBe('in');
    await takeOut(pool, first);
    expect((await stateOf(pool, first)).placement).toBe('out');
  });

  test('owner, mode and a symbolic link are kept, bytes that are not UTF-8 too, and nothing is left beside it', async () => {
    const directory = temporaryDirectory();
    const target = directory.file('app.conf');
    const bytes = Buffer.concat([Buffer.from(servers), Buffer.from([0x23, 0xe9, 0x0a])]);
    writeFileSync(target, bytes);
    chmodSync(target, 0o640);
    if (process.getuid?.() === 0) chownSync(target, 1, 2);
    const { uid, gid } = statSync(target);
    const link = world.nginx.directory.file('link.conf');
    symlinkSync(target, link);
    await takeOut(world.open({ file: link }), first);
    expect(
      readFileSync(target).equals(Buffer.from(bytes.toString('latin1').replace('weight=2', 'weight=2 down'), 'latin1')),
    ).toBe(true);
    expect(statSync(target)).toMatchObject({ uid, gid, mode: 0o100640 });
    expect(readdirSync(directory.path)).toEqual(['app.conf']);
  });

  test.each([
    ['a file that can not be understood', 'server 127.0.0.1:8101', /can't be understood: line 1/],
    ['a folder', undefined, /is no file/],
  ])('%s is POOL_REFUSED', async (_, content, message) => {
    const directory = temporaryDirectory();
    const file = content === undefined ? directory.path : directory.write('app.conf', content);
    const error = await rejection(stateOf(world.open({ file }), first));
    expect([error.code, error.message]).toEqual(['POOL_REFUSED', expect.stringMatching(message)]);
  });

  test('a member that is not in the file is told with those that are', async () => {
    const error = await rejection(takeOut(pool, { server: 'localhost:8101' }));
    expect(error.message).toContain('it has 127.0.0.1:8101, unix:/run/web_01.sock, [::1]:8103');
  });

  test('a pid file that names another process is POOL_UNREACHABLE', async () => {
    const pidFile = temporaryDirectory().write('nginx.pid', `${process.pid}\n`);
    const error = await rejection(stateOf(world.open({ pid_file: pidFile }), first));
    expect([error.code, error.message]).toEqual(['POOL_UNREACHABLE', expect.stringContaining("is not nginx's master")]);
  });
});

describe('the workers from before a reload', () => {
  let world: World;
  let members: Member[];

  beforeAll(async () => {
    const ports = [await freePort(), await freePort()];
    const mark = temporaryDirectory().path;
    await Promise.all(ports.map((port, index) => startWebServer({ port, name: `web_0${index}`, mark })));
    members = ports.map((port) => ({ server: `127.0.0.1:${port}` }));
    world = await startWorld(ports.map((port) => `server 127.0.0.1:${port};\n`).join(''));
  });
  beforeEach(() => world.reset());

  test('are waited for while they have requests, and none that comes later goes to the member', async () => {
    const [member = first, other = second] = members;
    await takeOut(world.open(), other);
    const url = `http://127.0.0.1:${world.port}`;
    const slow = request(`${url}/?ms=2500`, { timeoutMs: 60_000 });
    await waitFor(async () => (await request(`http://${member.server}/load`)).body.trim() === '1', {
      what: 'a request',
    });
    const pool = world.open();
    await pool.repool([{ member: other, before: { down: [] } }], signal);
    await takeOut(pool, member);
    expect((await request(`http://${member.server}/load`)).body.trim()).toBe('0');
    expect((await slow).body.trim()).toBe('web_00');
    const answers = await Promise.all(Array.from({ length: 8 }, () => request(url)));
    expect(answers.map(({ body }) => body.trim())).toEqual(answers.map(() => 'web_01'));
  });

  test('are waited for no longer than `settle`', async () => {
    const [member = first] = members;
    const agent = new Agent({ keepAlive: true });
    const hanging = get(`http://127.0.0.1:${world.port}/?ms=60000`, { agent }).on('error', () => {});
    await waitFor(
      async () =>
        (await Promise.all(members.map(({ server }) => request(`http://${server}/load`)))).some(
          ({ body }) => body.trim() === '1',
        ),
      { what: 'a request' },
    );
    const startedAt = performance.now();
    await takeOut(world.open({ settle: '300ms' }), member);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(300);
    hanging.destroy();
    agent.destroy();
  });
});
