import { afterEach, describe, expect, test, vi } from 'vitest';
import { runTool } from '../../../src/systemd/command.ts';
import { findOccasion, occasionOf } from '../../../src/systemd/occasion.ts';
import { jobType, parseJobType, parseProperties, systemState } from '../../../src/systemd/systemctl.ts';
import { fakeSystemctl } from '../../support/fake-systemctl.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const unit = 'supervisor.service';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A systemctl that says this, first on the PATH. */
function say(state: string, job = ''): void {
  vi.stubEnv('PATH', fakeSystemctl(temporaryDirectory(), { state, job }).PATH);
}

describe('the properties of a unit', () => {
  const text =
    'Type=simple\nExecStop={ path=/usr/bin/a ; argv[]=/usr/bin/a --x=y }\nExecStop={ path=/usr/bin/b }\nKillMode=mixed\nRequires=\n';

  test('are had by name; of several the last', () => {
    const properties = parseProperties(text);

    expect([properties.get('KillMode'), properties.get('ExecStop'), properties.get('Requires')]).toEqual([
      'mixed',
      '{ path=/usr/bin/b }',
      '',
    ]);
  });

  test('that come more than once are had all, in order', () => {
    expect(parseProperties(text).all('ExecStop')).toEqual([
      '{ path=/usr/bin/a ; argv[]=/usr/bin/a --x=y }',
      '{ path=/usr/bin/b }',
    ]);
  });

  test('that it does not have are empty', () => {
    const properties = parseProperties(text);

    expect([properties.get('Nope'), properties.all('Nope')]).toEqual(['', []]);
  });

  test('may be of several lines', () => {
    expect(parseProperties('StatusText=one\ntwo three\nKillMode=mixed').get('StatusText')).toBe('one\ntwo three');
  });
});

describe('the job of a unit', () => {
  test.each([
    ['its own line', ' 411 supervisor.service restart running\n', 'restart'],
    ['among others', '12 a.service start waiting\n13 supervisor.service stop waiting\n', 'stop'],
    ['none', 'No jobs running.\n', ''],
  ])('from %s', (_, text, expected) => {
    expect(parseJobType(text, unit)).toBe(expected);
  });

  test('is asked of systemctl', async () => {
    say('running', 'restart');

    expect(await jobType(unit)).toBe('restart');
  });
});

describe('the occasion of a stop', () => {
  test.each([
    ['running', 'stop', 'service stop'],
    ['degraded', 'restart', 'service restart'],
    ['running', 'try-restart', 'service restart'],
    ['stopping', 'stop', 'system shutdown'],
    ['stopping', '', 'system shutdown'],
    ['running', '', ''],
  ] as const)('of a system that is %s, by a job "%s": %s', (state, job, expected) => {
    expect(occasionOf(state, job)).toBe(expected);
  });

  test('is asked of systemctl', async () => {
    say('degraded', 'restart');

    expect(await findOccasion(unit, () => {})).toBe('service restart');
  });

  test('is not known where systemctl fails, which is said', async () => {
    const warnings: string[] = [];
    say('offline');

    expect(await findOccasion(unit, (message) => warnings.push(message))).toBe('');
    expect(warnings).toEqual([expect.stringContaining('is-system-running')]);
  });
});

test('the state of the system is told although systemctl ends with another status than 0', async () => {
  say('degraded');

  expect(await systemState()).toBe('degraded');
});

describe('a tool of systemd', () => {
  test('that is not there is told as such', async () => {
    await expect(runTool('no-such-tool', ['a'])).rejects.toMatchObject({
      code: 'SYSTEMD_FAILED',
      message: '"no-such-tool a" failed: there is no such program.',
    });
  });

  test('that does not end is killed', async () => {
    await expect(runTool('sleep', ['60'], { limitMs: 100 })).rejects.toMatchObject({
      code: 'SYSTEMD_FAILED',
      message: expect.stringContaining('no answer within 0.1 s'),
    });
  });

  test('ends with the signal that it was given', async () => {
    const reason = new Error('enough');
    const abort = new AbortController();
    const running = runTool('sleep', ['60'], { signal: abort.signal });
    abort.abort(reason);

    await expect(running).rejects.toBe(reason);
  });

  test('gives what it printed, and its status', async () => {
    expect(await runTool('sh', ['-c', 'echo out; echo err >&2; exit 3'])).toEqual({
      exitCode: 3,
      stdout: 'out',
      stderr: 'err',
    });
  });
});
