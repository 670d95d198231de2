import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { pidExists } from '../../../src/drain/live-pids.ts';
import { isDrainctlError } from '../../../src/errors.ts';
import { exec as driver } from '../../../src/pools/exec.ts';
import type { Pool } from '../../../src/pools/pool.ts';
import { startHaproxyWorld } from '../../support/contracts/haproxy-server.ts';
import { journalDouble } from '../../support/contracts/journal-double.ts';
import { describePool, type PoolWorld } from '../../support/contracts/pool.ts';
import { scriptedSocket, silence } from '../../support/contracts/scripted-socket.ts';
import { noServices } from '../../support/doubles/driver-surroundings.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

type Options = Readonly<Record<string, unknown>>;
const hangMs = 700;
const { signal } = new AbortController();
const names = ['web_00', 'web_01', 'web_02'];
const script = [
  '/usr/bin/python3',
  '-SE',
  fileURLToPath(new URL('../../fixtures/pools/haproxy-pool.py', import.meta.url)),
];

/** A member as the configuration hands it over, with its defaults. */
const memberOf = (written: Options) => driver.member.parse({ name: 'app/web_00', process: 'web:web_00', ...written });
type Member = ReturnType<typeof memberOf>;

function open(options: Options = {}): Pool<Member> {
  const [pool] = driver.open(driver.options.parse(options), noServices);
  if (pool === undefined) throw new Error('no pool');
  return pool;
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function setUp(): Promise<PoolWorld<Member>> {
  const world = await startHaproxyWorld(names);
  const { haproxy } = world;
  const hanging = await scriptedSocket(haproxy.directory.file('hanging.sock'), silence);
  const at = (socket: string, more: Options = {}) => open({ env: { HAPROXY_SOCKET: socket }, ...more });
  const member = (name: string) => memberOf({ name: `app/${name}`, depool: script, repool: script, state: script });
  const operator = (state: string) => async (of: Member) => {
    await haproxy.command(`set server ${of.name} state ${state}`);
  };
  return {
    members: [member('web_00'), member('web_01'), member('web_02')],
    unknown: member('nobody'),
    open: () => at(haproxy.socketPath),
    openUnreachable: () => at(haproxy.directory.file('nobody.sock')),
    openHanging: () => at(hanging.path, { timeout: `${hangMs}ms` }),
    hangMs,
    operatorActions: { drain: operator('drain'), maint: operator('maint') },
    reset: () => world.reset(),
  };
}

describePool('exec, a script that speaks to HAProxy', setUp);

describe('the exec pool', () => {
  const shell = (text: string, state?: string) =>
    memberOf({
      depool: ['/bin/sh', '-c', text],
      repool: ['/bin/sh', '-c', text],
      ...(state === undefined ? {} : { state: ['/bin/sh', '-c', state] }),
    });
  const depool = (member: Member, options: Options = {}) =>
    rejection(open(options).depool([{ member, outForMs: 0, reason: 'restart' }], signal));

  test('tells the command what it is for, and passes on no more than it should', async () => {
    const file = temporaryDirectory().file('environment');
    process.env['DRAINCTL_TEST_SECRET'] = 'x';
    process.env['DRAINCTL_TEST_PASSED'] = 'y';
    await depool(shell(`env > ${file}`), { env: { REGION: 'eu' }, pass_env: ['DRAINCTL_TEST_PASSED'] });
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    // What the shell itself sets.
    const seen = lines.filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line));
    const basic = /^(PATH|HOME|USER|LOGNAME|LANG|LC_ALL|TZ|TMPDIR)=/;
    expect(seen.filter((line) => !basic.test(line)).sort()).toEqual([
      'DRAINCTL_ACTION=depool',
      'DRAINCTL_MEMBER=app/web_00',
      'DRAINCTL_PROCESS=web:web_00',
      'DRAINCTL_REASON=restart',
      'DRAINCTL_TEST_PASSED=y',
      'REGION=eu',
    ]);
  });

  test('hands over arguments as they are, without a shell', async () => {
    const file = temporaryDirectory().file('$(a) b;c');
    await depool(memberOf({ depool: ['/usr/bin/touch', file], repool: ['/bin/true'] }));
    expect(existsSync(file)).toBe(true);
  });

  test('a command that fails is POOL_UNREACHABLE, with what it said', async () => {
    const error = await depool(shell('echo no route to the balancer >&2; exit 7'));
    expect(isDrainctlError(error, 'POOL_UNREACHABLE') && error.message).toContain(
      'exited with 7 and printed "no route to the balancer", so that it may still be in the pool',
    );
  });

  test.each([
    ['that is not there', ['/nowhere/lb']],
    ['that may not be executed', [temporaryDirectory().write('script', 'true')]],
    ['that a shell does not find', ['/bin/sh', '-c', 'no-such-program']],
  ])('a program %s is POOL_REFUSED', async (_, command) => {
    expect(await depool(memberOf({ depool: command, repool: command }))).toMatchObject({ code: 'POOL_REFUSED' });
  });

  test.each(['echo Traceback >&2; exit 1', 'echo maybe', 'exit 2', 'kill -9 $$', 'echo out; exit 3'])(
    'a state command that ends with "%s" tells nothing, least of all "out"',
    async (text) => {
      const state = open().state([shell('true', text)], signal);
      expect(await rejection(state)).toMatchObject({ code: 'POOL_UNREACHABLE' });
    },
  );

  test('without `state` it knows what it did itself', async () => {
    const journal = journalDouble();
    const [opened] = driver.open(driver.options.parse({}), { ...noServices, takenOutAt: journal.takenOutAt });
    if (opened === undefined) throw new Error('no pool');
    const pool = journal.keep(opened, driver.label);
    const member = shell('true');
    const placement = async () => (await pool.state([member], signal))[0]?.placement;
    const before = await placement();
    await pool.depool([{ member, outForMs: 0 }], signal);
    const out = await placement();
    await pool.repool([{ member, before: null }], signal);
    expect([before, out, await placement()]).toEqual(['in', 'out', 'in']);
  });

  test('a command that hangs is killed when its time is up, with all that it started', async () => {
    const file = temporaryDirectory().file('pids');
    const error = await depool(shell(`sleep 60 & echo $! $$ > ${file}; wait`), { timeout: '2s' });
    expect(isDrainctlError(error, 'POOL_UNREACHABLE') && error.message).toContain('no answer within 2s');
    const pids = readFileSync(file, 'utf8').trim().split(' ').map(Number);
    await waitFor(() => !pids.some(pidExists), { what: 'all of it to be gone' });
  });
});
