import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { CheckDocument } from '../../../src/check/apply.ts';
import { onCleanUp } from '../../support/cleanup.ts';
import { runDrainctl, writeConfig } from '../../support/drainctl.ts';
import { type Stack, type StackOptions, startStack } from '../../support/stack.ts';
import type { StackConfig } from '../../support/stack-config.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

/** A folder that survives a reboot, which the system's temporary one does not. */
function persistentFolder(): string {
  const path = mkdtempSync('/var/tmp/dctl-check-');
  const remove = () => rmSync(path, { recursive: true, force: true });
  onCleanUp(remove, remove);
  return path;
}

/** A stack as an operator would have it who has followed the README. */
function startGoodStack({ config = (given) => given, ...options }: StackOptions = {}): Promise<Stack> {
  const stateDir = persistentFolder();
  return startStack({
    processes: 2,
    peer: false,
    supervisord: { extra: '[supervisorctl]\nserverurl = unix://%(here)s/drainctl.sock\n' },
    ...options,
    config: (given) => ({ ...config(given), state_dir: stateDir }),
  });
}

interface Checked extends CheckDocument {
  readonly exitCode: number;
  readonly rules: readonly string[];
}

async function check(stack: Stack, config: string = stack.configFile): Promise<Checked> {
  const { exitCode, stdout, stderr } = await stack.drainctl(['check', '--json'], { config });
  if (stdout === '') throw new Error(stderr);
  const document = JSON.parse(stdout) as CheckDocument; // as: its own format
  return { ...document, exitCode, rules: [...new Set(document.findings.map(({ rule }) => rule))] };
}

describe('of a stack that is set up well', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startGoodStack();
  });

  test('there is no finding', async () => {
    const { findings, advice, exitCode } = await check(stack);

    expect({ findings, advice, exitCode }).toEqual({ findings: [], advice: [], exitCode: 0 });
  });

  test('every rule has either looked or says why not', async () => {
    const { checked, skipped } = await check(stack);

    expect(checked.filter((rule) => skipped.some((each) => each.rule === rule))).toEqual([]);
    expect(checked).toEqual(
      expect.arrayContaining(['pool-access', 'members-exist', 'listener-events', 'listener-stopwaitsecs']),
    );
  });

  test('people are told the same', async () => {
    const { stdout, stderr, exitCode } = await stack.drainctl(['check']);

    expect(stdout).toMatch(/^No finding; \d+ rules looked\./);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  });

  test('nothing is changed by it', async () => {
    const before = [await stack.haproxy.serverStates(), await stack.supervisord.states()];

    await check(stack);

    expect([await stack.haproxy.serverStates(), await stack.supervisord.states()]).toEqual(before);
    expect(stack.stops()).toEqual([]);
  });

  test('a configuration that has changed since the sidecar read it is found', async () => {
    const later = new Date(Date.now() + 5_000);
    utimesSync(stack.configFile, later, later);

    const { rules, exitCode } = await check(stack);

    expect({ rules, exitCode }).toEqual({ rules: ['sidecar-config'], exitCode: 1 });
    utimesSync(stack.configFile, 0, 0);
  });

  test('another configuration than the one that the sidecar reads is found', async () => {
    const other = writeConfig(
      stack.directory,
      `sidecar: { socket: ${stack.sidecarUrl.slice('unix://'.length)} }\nsupervisor: { url: ${stack.supervisord.url} }\nstate_dir: ${persistentFolder()}\nprograms: { web: { deadline: 5s } }\n`,
      'other.yaml',
    );

    expect((await check(stack, other)).rules).toEqual(['sidecar-config']);
  });

  test('a configuration with a mistake is no finding but exit 2', async () => {
    const broken = writeConfig(stack.directory, 'programs: { web: { deadlin: 3s } }\n', 'broken.yaml');

    const { exitCode, stdout, stderr } = await stack.drainctl(['check'], { config: broken });

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('broken.yaml:1:20');
  });
});

/** Mistakes of every kind. */
function brokenConfig(config: StackConfig): object {
  const members = [
    { pool: 'lb', server: 'app/web_00' },
    { pool: 'lb', server: 'app/%(process_name)s_x' },
  ];
  return {
    ...config,
    sidecar: { ...config.sidecar, socket_mode: '0777' },
    supervisor: { ...config.supervisor, username: 'nobody', password: 'secret' },
    pools: { lb: { driver: 'haproxy', addresses: [...config.pools.lb.addresses, '/run/nobody.sock'] } },
    programs: {
      web: { members },
      wbe: {},
      job: { stage: 2, members: [{ pool: 'lb', server: 'app/%(process_num)d' }] },
      uncounted: {},
    },
  };
}

describe('of a stack that is broken in many ways', () => {
  test('each of them is named, with a remedy', async () => {
    const stack = await startGoodStack({
      haproxy: { level: 'operator' },
      listener: { priority: 10, stopwaitsecs: 5, stopsignal: 'HUP', buffer_size: undefined, events: 'PROCESS_STATE' },
      programs: [
        { name: 'nginx', command: 'bash -c "exec -a nginx sleep 1000"' },
        { name: 'job', command: '/bin/sleep 1000' },
        { name: 'uncounted', command: '/bin/sleep 1000' },
      ],
      config: brokenConfig,
      supervisord: { socket: { chmod: '0777' } },
    });
    chmodSync(stack.configFile, 0o666);

    const { findings, rules, exitCode } = await check(stack);

    expect(rules.toSorted()).toEqual([
      'config-permissions',
      'duplicate-members',
      'listener-buffer-size',
      'listener-events',
      'listener-priority',
      'listener-stopsignal',
      'listener-stopwaitsecs',
      'members-exist',
      'misfit-entries',
      'pool-access',
      'pool-answers',
      'sidecar-socket',
      'stop-signals',
      'supervisord-socket',
      'uncounted-stopwaitsecs',
      'unknown-programs',
    ]);
    expect(exitCode).toBe(1);
    expect(findings.filter(({ remedy }) => remedy === '')).toEqual([]);
  });

  test('a machine without a listener is told what it lacks', async () => {
    const stack = await startGoodStack({ sidecar: false });

    const { rules, skipped } = await check(stack);

    expect(rules).toEqual(['listener-present']);
    expect(skipped).toContainEqual({ rule: 'listener-priority', why: 'there is no listener' });
    expect(skipped).toContainEqual({ rule: 'sidecar-answers', why: 'no sidecar runs' });
  });

  test('a supervisorctl that goes past the sidecar is advice, and no finding', async () => {
    const stack = await startGoodStack({ supervisord: {} });

    const { findings, advice, exitCode } = await check(stack);

    expect(advice).toMatchObject([
      { rule: 'supervisorctl-serverurl', target: expect.stringContaining('supervisord.conf:') },
    ]);
    expect({ findings, exitCode }).toEqual({ findings: [], exitCode: 0 });
  });

  test('a listener that has ended is found', async () => {
    const stack = await startGoodStack();
    await stack.supervisord.ctl(['stop', 'drain'], stack.supervisord.url);

    const { findings } = await check(stack);

    expect(findings).toMatchObject([{ rule: 'listener-running', message: expect.stringContaining('STOPPED') }]);
  });

  test('a HAProxy that has gone is found', async () => {
    const stack = await startGoodStack();
    await stack.haproxy.close();

    expect((await check(stack)).rules).toEqual(['pool-answers']);
  });
});

describe('where supervisord does not answer', () => {
  test('what can be checked without it still is', async () => {
    const directory = temporaryDirectory();
    const config = writeConfig(directory, {
      supervisor: { url: `unix://${directory.file('nobody.sock')}` },
      sidecar: { socket: directory.file('drainctl.sock') },
      state_dir: `${directory.write('a-file', '')}/state`,
      pools: { lb: { driver: 'haproxy', addresses: [directory.file('haproxy.sock')] } },
    });

    const { exitCode, stdout } = await runDrainctl(['check', '--json'], { config });

    const { findings, skipped } = JSON.parse(stdout) as CheckDocument; // as: its own format
    expect(findings.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['supervisord-answers', 'pool-answers', 'state-dir-writable']),
    );
    expect(skipped).toContainEqual({ rule: 'unknown-programs', why: 'see supervisord-answers' });
    expect(exitCode).toBe(1);
  });
});

describe('of uWSGI', () => {
  const uwsgi = (file: string) => ({ name: 'uw', command: `bash -c "exec -a uwsgi sleep 1000" --ini ${file}` });

  test.each([
    ['with die-on-term in its file there is no finding', 'die-on-term = true\n', []],
    ['without it TERM is found', 'master = true\n', ['stop-signals']],
  ])('%s', async (_, text, rules) => {
    const file = temporaryDirectory().file('app.ini');
    writeFileSync(file, `[uwsgi]\n${text}`);
    const stack = await startGoodStack({ programs: [uwsgi(file)] });
    await waitFor(async () => (await stack.supervisord.states()).get('uw:uw') === 'RUNNING', { what: 'uw to run' });

    expect((await check(stack)).rules).toEqual(rules);
  });
});
