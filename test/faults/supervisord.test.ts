import { beforeAll, describe, expect, test } from 'vitest';
import { exitCodeOf, expectNoneFailed, startSteadyLoad, waitForServerOut, waitForStep } from '../support/acceptance.ts';
import { writeConfig } from '../support/drainctl.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { figure, inSoak, scale } from './support/figures.ts';
import { type HeldWork, heldWork } from './support/held-work.ts';
import { type SupervisordMode, type SupervisordProxy, startSupervisordProxy } from './support/supervisord-proxy.ts';

const row = 'supervisord busy, 401, socket moves, answers rubbish';

/** What a command may take where supervisord does not answer: some calls of 10 s each, on a busy machine. */
const limitMs = 50_000;

/** How each way to fail ends a command, and what it says. */
const faults = {
  hangs: { exitCode: 5, says: /did not answer .* within 10000 ms[\s\S]*busy or hangs|does not answer/ },
  closes: { exitCode: 5, says: /can't be reached for .*[\s\S]*its log|does not answer/ },
  moved: { exitCode: 5, says: /can't be reached for .* ENOENT[\s\S]*set supervisor\.url|does not answer/ },
  'answers 401': { exitCode: 5, says: /refused the user name or password[\s\S]*Set supervisor\.username/ },
  'answers half': { exitCode: 5, says: /can't be reached for .*: aborted|does not answer/ },
  'answers 500': { exitCode: 1, says: /failed while it answered/ },
  'answers HTML': { exitCode: 1, says: /answered supervisor\.\w+ wrongly[\s\S]*address/ },
  'answers rubbish': { exitCode: 1, says: /with what is not HTTP[\s\S]*address/ },
  'answers another method': {
    exitCode: 1,
    says: /answer to supervisor\.\w+ should hold an? \w+, but holds[\s\S]*address/,
  },
} as const satisfies Partial<Record<SupervisordMode, { exitCode: number; says: RegExp }>>;

/** A stop that gets no answer may be under way: supervisord waits for the process, and answers only then. */
const whileStopping = { exitCode: 1, says: /web:web_00 did not stop within 22000 ms/ };

// Object.keys forgets which keys there are.
const allModes = Object.keys(faults) as (keyof typeof faults)[];
const modes = scale<readonly (keyof typeof faults)[]>(['moved', 'answers 401'], allModes);

const commands = [
  ['status'],
  ['plan'],
  ['drain', 'all'],
  ['restart', 'all'],
  ['stop', 'web:web_00'],
  ['shutdown'],
] as const;

let work: HeldWork;
let stack: Stack;
let proxy: SupervisordProxy;
/** For a drainctl that finds no sidecar. */
let ownConfig: string;

beforeAll(async () => {
  work = heldWork({ deadline: '60s' });
  let listens: Promise<SupervisordProxy> | undefined;
  stack = await startStack({
    processes: 2,
    config(config) {
      const { directory } = pathsIn(config.sidecar.socket);
      const path = `${directory}/proxy.sock`;
      listens = startSupervisordProxy(path, `${directory}/supervisor.sock`);
      return { ...work.config(config), supervisor: { url: `unix://${path}` } };
    },
  });
  if (listens === undefined) throw new Error('startStack does not ask for a configuration');
  proxy = await listens;
  const { directory } = pathsIn(stack.configFile);
  ownConfig = writeConfig(
    stack.directory,
    {
      supervisor: { url: `unix://${directory}/proxy.sock` },
      sidecar: { socket: `${directory}/no-sidecar.sock` },
      state_dir: `${directory}/own-state`,
    },
    'own.yaml',
  );
});

function pathsIn(file: string): { readonly directory: string } {
  return { directory: file.replace(/\/[^/]*$/, '') };
}

describe.each(modes)('where supervisord %s', (mode) => {
  test.each([
    ['through the sidecar', true],
    ['without a sidecar', false],
  ])('every command ends soon, with what to do, %s', { timeout: 300_000 }, async (_, sidecar) => {
    await proxy.be(mode);
    const options = { deadlineMs: limitMs, ...(sidecar ? {} : { config: ownConfig }) };
    const { exitCode, says } = faults[mode];

    const ends = await Promise.all(
      commands.map(async (command) => ({ command, ...(await stack.drainctl(command, options)) })),
    );

    await proxy.be('passes');
    const wrong = ends.filter((end) => end.exitCode !== exitCode || !says.test(`${end.stdout}\n${end.stderr}`));
    expect(wrong).toEqual([]);
    expect(stack.stops()).toEqual([]);
    await stack.waitForHealthy();
    const longest = Math.round(Math.max(...ends.map(({ ms }) => ms)));
    figure(
      row,
      `${mode}, ${sidecar ? '' : 'no '}sidecar: ${commands.length} commands, exit ${exitCode}, longest ms`,
      longest,
    );
  });
});

test.each(modes)(
  'a restart during which supervisord %s: exit, nothing cut, all back in',
  { timeout: 180_000 },
  async (mode) => {
    const load = await startSteadyLoad(stack, { connections: 20, path: '/?ms=100' });
    work.hold('web_00');
    const restart = stack.spawnDrainctl(['restart', 'all']);
    await waitForServerOut(stack.haproxy, 'web_00');
    await waitForStep(restart, /web:web_00 draining: [1-9]/);

    await proxy.be(mode);
    work.release('web_00');
    const exitCode = await exitCodeOf(restart, 90_000);
    await proxy.be('passes');

    await stack.waitForHealthy();
    await expectNoneFailed(load);
    const expected = mode === 'hangs' ? whileStopping : faults[mode];
    expect(restart.stdout).toMatch(expected.says);
    expect(exitCode).toBe(expected.exitCode);
    expect(restart.stdout).toMatch(/web:web_00 is out of its pools, and goes back when it runs and is ready/);
    expect(stack.stops()).toEqual([]);
    figure(row, `${mode} during a restart, all back in afterwards; exit`, exitCode ?? 'killed');
  },
);

test('a supervisord that is busy is waited for, and then all goes on', { timeout: 120_000 }, async () => {
  const busyMs = scale(2_000, 8_000);
  process.kill(stack.supervisord.pid, 'SIGSTOP');
  const wake = setTimeout(() => process.kill(stack.supervisord.pid, 'SIGCONT'), busyMs);

  const [status, restart] = await Promise.all([
    stack.drainctl(['status']),
    stack.drainctl(['restart', 'web:web_00'], { deadlineMs: limitMs }),
  ]);

  clearTimeout(wake);
  expect([status.exitCode, restart.exitCode], restart.stdout + restart.stderr).toEqual([0, 0]);
  await stack.waitForHealthy();
  figure(row, `busy for ${busyMs / 1_000} s: status, ms`, Math.round(status.ms));
  figure(row, `busy for ${busyMs / 1_000} s: restart, ms`, Math.round(restart.ms));
});

test.runIf(inSoak)(
  'a supervisord that is busy for longer than a call may take: exit 5, and afterwards all goes on',
  { timeout: 120_000 },
  async () => {
    const { exitCode, says } = faults.hangs;
    process.kill(stack.supervisord.pid, 'SIGSTOP');

    const status = await stack.drainctl(['status'], { deadlineMs: limitMs, config: ownConfig });
    process.kill(stack.supervisord.pid, 'SIGCONT');

    expect(status.exitCode).toBe(exitCode);
    expect(`${status.stdout}${status.stderr}`).toMatch(says);
    const restart = await stack.drainctl(['restart', 'web:web_00'], { deadlineMs: limitMs });
    expect(restart.exitCode, restart.stdout + restart.stderr).toBe(0);
    await stack.waitForHealthy();
    figure(row, 'busy for longer than a call may take: status, exit 5, ms', Math.round(status.ms));
  },
);
