import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { commands } from '../../../src/cli/commands.ts';
import { runCommandLine } from '../../../src/cli/run.ts';
import { endedDocument, processStatusDocument, runDocument, statusDocument } from '../../support/doubles/documents.ts';
import { ScriptedApi } from '../../support/doubles/scripted-api.ts';
import { serveApi } from '../../support/doubles/sidecar-server.ts';
import { textSink } from '../../support/doubles/text-sink.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

/** Runs a command line as a shell would, with pipes. */
async function drainctl(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const [stdout, stderr] = [textSink(), textSink()];
  const exitCode = await runCommandLine({ args, env, stdout, stderr });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

/** A sidecar with a scripted engine, and a configuration that names it. */
async function sidecar(): Promise<{ api: ScriptedApi; config: string }> {
  const api = new ScriptedApi();
  const socket = await serveApi(api);
  return { api, config: temporaryDirectory().write('drainctl.yaml', `sidecar: { socket: ${socket} }\n`) };
}

describe('help', () => {
  test('lists every command with its summary', async () => {
    const { exitCode, stdout } = await drainctl(['--help']);

    expect(exitCode).toBe(0);
    // commander breaks long lines.
    const text = stdout.replaceAll(/\s+/g, ' ');
    for (const { name, summary } of commands.values()) {
      expect(text).toContain(` ${name} [options]`);
      expect(text).toContain(summary);
    }
  });

  test.each([...commands.keys()])('of %s has its examples and the shared options', async (name) => {
    const { exitCode, stdout } = await drainctl([name, '--help']);

    expect(exitCode).toBe(0);
    for (const example of commands.get(name)?.examples ?? []) expect(stdout).toContain(example);
    expect(stdout).toContain('--config <file>');
  });

  test('is shown where there is no command, which is wrong usage', async () => {
    const { exitCode, stdout, stderr } = await drainctl([]);

    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('Usage: drainctl');
  });

  test('of one command can be asked for by "help"', async () => {
    expect((await drainctl(['help', 'stop'])).stdout).toContain('Usage: drainctl stop');
  });
});

test('--version is the version of the package', async () => {
  // as: npm refuses to pack one without a version
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };

  expect(await drainctl(['--version'])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
});

describe('wrong usage', () => {
  test.each([
    ['an unknown command', ['explode'], 'explode'],
    ['an unknown option', ['status', '--jsn'], '--jsn'],
    ['an unknown option before the command', ['--jsn', 'status'], '--jsn'],
    ['no names', ['stop'], 'names'],
    ['an option without its value', ['drain', 'web:*', '--for'], '--for'],
    ['a deadline without a unit', ['stop', 'web:*', '--deadline', '30'], '--deadline 30'],
    ['a time of a hold that is none', ['drain', 'web:*', '--for', 'ever'], '--for ever'],
    ['a plan of nothing that can be planned', ['plan', 'explode'], 'explode'],
    ['a history of no number', ['history', '--limit', 'all'], '--limit all'],
    ['too many arguments', ['cancel', 'web:*'], 'argument'],
    ['an unknown driver', ['drivers', 'haproxi'], 'did you mean "haproxy"'],
  ])('%s exits with 2, and says what on stderr', async (_, args, what) => {
    const { exitCode, stdout, stderr } = await drainctl(args);

    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(what);
  });

  test.each([
    ['before the command', ['--json', 'stop', 'web:*', '--deadline', '30']],
    ['behind the command', ['stop', 'web:*', '--deadline', '30', '--json']],
    ['with an unknown command', ['explode', '--json']],
  ])('with --json %s is one document on stdout', async (_, args) => {
    const { exitCode, stdout, stderr } = await drainctl(args);

    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE', hint: expect.any(String) } });
    expect(stderr).toBe('');
  });

  test('a configuration that is not there exits with 2', async () => {
    const { exitCode, stderr } = await drainctl(['status', '--config', '/nowhere/drainctl.yaml']);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('/nowhere/drainctl.yaml');
  });
});

describe('the shared options', () => {
  test.each([
    ['before', (config: string) => ['--config', config, '--json', '--deadline', '5s', 'plan', 'stop', 'web:*']],
    ['behind', (config: string) => ['plan', 'stop', 'web:*', '--config', config, '--json', '--deadline', '5s']],
    ['around', (config: string) => ['--deadline', '5s', 'plan', '--json', 'stop', 'web:*', '--config', config]],
  ])('may stand %s the command', async (_, args) => {
    const { api, config } = await sidecar();

    const { exitCode, stdout } = await drainctl(args(config));

    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual(api.plan);
    expect(api.calls.at(-1)).toEqual(['getPlan', 'stop', ['web:*'], { deadlineMs: 5_000 }]);
  });

  test('--config wins over $DRAINCTL_CONFIG', async () => {
    const { config } = await sidecar();

    expect(await drainctl(['status', '--config', config], { DRAINCTL_CONFIG: '/nowhere' })).toMatchObject({
      exitCode: 0,
    });
  });

  test('$DRAINCTL_CONFIG is read where no --config is given', async () => {
    const { config } = await sidecar();

    expect(await drainctl(['status'], { DRAINCTL_CONFIG: config })).toMatchObject({ exitCode: 0 });
  });
});

describe('status', () => {
  async function statusOf(...names: string[]) {
    const { api, config } = await sidecar();
    api.status = statusDocument(['web:web_00', 'web:web_01', 'job:job'].map((name) => processStatusDocument({ name })));
    const result = await drainctl(['status', ...names, '--config', config, '--json']);
    return { ...result, document: JSON.parse(result.stdout) as { processes: { name: string }[] } }; // as: its own format
  }

  test.each([
    [[], ['web:web_00', 'web:web_01', 'job:job']],
    [['all'], ['web:web_00', 'web:web_01', 'job:job']],
    [['web:*'], ['web:web_00', 'web:web_01']],
    [['web:web_01'], ['web:web_01']],
    [['job'], ['job:job']],
    [
      ['job:job', 'web:web_00'],
      ['web:web_00', 'job:job'],
    ],
  ])('of %j shows %j', async (names, shown) => {
    expect((await statusOf(...names)).document.processes.map(({ name }) => name)).toEqual(shown);
  });

  test('of a name that nobody has exits with 2', async () => {
    expect(await statusOf('wbe:*')).toMatchObject({ exitCode: 2, document: { error: { code: 'NO_SUCH_PROCESS' } } });
  });
});

describe('a run in the sidecar', () => {
  test.each([
    ['done', 0],
    ['failed', 1],
    ['cut', 3],
    ['held', 4],
    ['cancelled', 4],
  ] as const)('that is %s exits with %i, and says so on stdout', async (outcome, status) => {
    const { api, config } = await sidecar();
    api.waits = [endedDocument(runDocument({ outcome, message: 'as it went', hint: 'look' }))];

    const { exitCode, stdout } = await drainctl(['stop', 'web:*', '--config', config]);

    expect(exitCode).toBe(status);
    expect(stdout).toBe('as it went\n  look\n');
  });

  test('shows its steps on stderr', async () => {
    const { api, config } = await sidecar();
    const step = { seq: 1, at: '', process: '', phase: '', kind: 'info', in_flight: -1, message: 'depooled' } as const;
    const ended = endedDocument(runDocument());
    api.waits = [{ ...ended, ended: false, steps: [step], result: [] }, ended];

    const { stderr } = await drainctl(['stop', 'web:*', '--config', config]);

    expect(stderr).toBe('depooled\n');
    expect(api.calls.filter(([method]) => method === 'wait').map(([, , since]) => since)).toEqual([0, 1]);
  });

  test('of a drain passes on why and for how long', async () => {
    const { api, config } = await sidecar();

    await drainctl(['drain', 'web:*', '--reason', 'heap dump', '--for', '30m', '--config', config]);

    expect(api.calls.find(([method]) => method === 'start')).toEqual([
      'start',
      'drain',
      ['web:*'],
      { reason: 'heap dump', holdForMs: 1_800_000 },
    ]);
  });

  test('keeps control characters of what failed from the terminal', async () => {
    const { api, config } = await sidecar();
    api.waits = [endedDocument(runDocument({ outcome: 'failed', message: 'it said \u009b2J no' }))];

    const { stdout } = await drainctl(['stop', 'web:*', '--config', config]);

    expect(stdout).not.toMatch(/[\u0080-\u009f]/);
  });
});

describe('cancel', () => {
  test.each([
    [true, 'is being cancelled'],
    [false, 'No run is under way'],
  ])('says whether there was something to end: %s', async (cancels, text) => {
    const { api, config } = await sidecar();
    api.cancels = cancels;

    const { exitCode, stdout } = await drainctl(['cancel', '--config', config]);

    expect(exitCode).toBe(0);
    expect(stdout).toContain(text);
  });
});
