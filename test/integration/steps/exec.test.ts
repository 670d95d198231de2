import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exec } from '../../../src/steps/exec.ts';
import type { Step } from '../../../src/steps/step.ts';
import { anyOccasion, describeStep } from '../../support/contracts/step.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

const hangMs = 700;
const { signal } = new AbortController();

function open(command: readonly string[], options: Readonly<Record<string, unknown>> = {}): Step {
  return exec.open(exec.options.parse({ command, ...options }), { signalProcess: async () => {} });
}
const shell = (script: string, options = {}) => open(['/bin/sh', '-c', script], options);

describeStep('exec', () => ({
  good: () => open(['/bin/true']),
  broken: {
    'no such program': () => open(['/nowhere/close-clients']),
    'not executable': () => open([temporaryDirectory().write('script', 'exit 0')]),
    'another status': () => shell('exit 3'),
    'a signal': () => shell('kill -9 $$'),
    'too much output': () => shell('head -c 200000 /dev/zero'),
  },
  hanging: () => shell('sleep 60', { timeout: `${hangMs}ms` }),
  hangMs,
}));

describe('the exec step', () => {
  test('tells the command what it is for, and passes on nothing else but what is asked for', async () => {
    const file = temporaryDirectory().file('env');
    process.env['DRAINCTL_TEST_SECRET'] = 'secret';
    process.env['DRAINCTL_TEST_WANTED'] = 'wanted';

    await shell(`env > ${file}`, { env: { MORE: '1' }, pass_env: ['DRAINCTL_TEST_WANTED'] }).perform(
      anyOccasion,
      signal,
    );

    const lines = readFileSync(file, 'utf8').split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'DRAINCTL_PROCESS=web:web_00',
        'DRAINCTL_PID=4711',
        'DRAINCTL_ACTION=restart',
        'DRAINCTL_STEP=before_stop',
        'DRAINCTL_TEST_WANTED=wanted',
        'MORE=1',
      ]),
    );
    expect(lines.join('\n')).not.toContain('secret');
  });

  test('tells no pid where none is known', async () => {
    await shell('test -z "$DRAINCTL_PID"').perform({ ...anyOccasion, pid: 0 }, signal);
  });

  test('tells what the command said', async () => {
    await expect(shell('echo no such host >&2; exit 7').perform(anyOccasion, signal)).rejects.toThrow(
      'it exited with 7 and printed "no such host"',
    );
  });

  test('a command that is cancelled is killed with all that it started', async () => {
    const file = temporaryDirectory().file('pid');
    const controller = new AbortController();
    const outcome = shell(`sleep 60 & echo $! > ${file}; wait`, { timeout: '60s' })
      .perform(anyOccasion, controller.signal)
      .catch((error: unknown) => error);
    const pid = await waitFor(() => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0), { what: 'its start' });

    controller.abort(new Error('cancelled'));

    expect(String(await outcome)).toContain('cancelled');
    await waitFor(() => !isRunning(pid), { what: 'what it started to be gone' });
  });
});

/** A killed orphan is a zombie until process 1 takes notice. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
