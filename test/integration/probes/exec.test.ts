import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { exec } from '../../../src/probes/exec.ts';
import type { Probe } from '../../../src/probes/probe.ts';
import { describeProbe } from '../../support/contracts/probe.ts';
import { anySubject } from '../../support/doubles/driver-surroundings.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

const hangMs = 700;
const { signal } = new AbortController();

function open(command: readonly string[], options: Readonly<Record<string, unknown>> = {}): Probe {
  return exec.open(exec.options.parse({ command, ...options }), anySubject);
}
const shell = (script: string, options = {}) => open(['/bin/sh', '-c', script], options);
const print = (text: string) => open(['/bin/echo', text]);

describeProbe('exec', async () => ({
  measuring: (count) => print(String(count)),
  broken: {
    gone: () => open(['/nowhere/jobs-running']),
    rubbish: () => print('busy'),
    negative: () => print('-1'),
    NaN: () => print('NaN'),
    'a fraction': () => print('0.5'),
    'an exponent': () => print('1e3'),
    huge: () => print('9007199254740993'),
    failing: () => shell('echo 0; exit 2'),
    'not executable': () => open([temporaryDirectory().write('script', 'echo 1')]),
    'two numbers': () => print('1 2'),
    'another status': () => shell('exit 3'),
    'a signal': () => shell('kill -9 $$'),
    'rubbish and status 1': () => shell('echo oops; exit 1'),
    'too long': () => shell('head -c 200000 /dev/zero | tr "\\\\0" 1'),
  },
  hanging: () => shell('sleep 60', { timeout: `${hangMs}ms` }),
  hangMs,
}));

describe('the exec probe', () => {
  test.each([
    ['exit 0', 0],
    ['exit 1', 1],
    ['echo; exit 1', 1],
    ['echo 0; exit 1', 0],
    ['echo 4; exit 1', 4],
    ['echo 5 >&2', 0],
  ])('"%s" means %i', async (script, count) => {
    expect(await shell(script).measure(signal)).toBe(count);
  });

  test('gives the command our environment and its own', async () => {
    expect(await shell('test -n "$PATH" && echo "$JOBS"', { env: { JOBS: '12' } }).measure(signal)).toBe(12);
  });

  test('hands over arguments as they are, without a shell', async () => {
    expect(await open(['/usr/bin/expr', 'length', '$(a) b;c']).measure(signal)).toBe(8);
  });

  test('tells what the command said', async () => {
    await expect(shell('echo no such queue >&2; exit 7').measure(signal)).rejects.toThrow(
      'it exited with 7 and printed "no such queue"',
    );
  });

  test.each(['timeout', 'abort'])('on %s kills the command and all that it started', async (how) => {
    const pidFile = temporaryDirectory().file('pids');
    const script = `sleep 60 & echo $! > ${pidFile}; echo $$ >> ${pidFile}; wait`;
    const probe = shell(script, { timeout: how === 'timeout' ? '2s' : '60s' });
    const controller = new AbortController();
    const outcome = probe.measure(controller.signal).catch((error: unknown) => error);
    const pids = await waitFor(() => readPids(pidFile), { what: 'the command to have started' });
    if (how === 'abort') controller.abort(new Error('cancelled'));
    expect(await outcome).toBeInstanceOf(Error);
    await waitFor(() => pids.every((pid) => !isRunning(pid)), { what: 'all of it to be gone' });
  });
});

function readPids(file: string): number[] | undefined {
  const pids = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
  return pids.length === 2 ? pids : undefined;
}

/** A killed orphan is a zombie until process 1 takes notice. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
