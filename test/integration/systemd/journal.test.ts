import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { builtDrainctl } from '../../support/drainctl.ts';
import { markVariable } from '../../support/run-id.ts';
import { startStack } from '../../support/stack.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary-directory.ts';

/** Runs drainctl with both streams on one file, which is the journal where `isJournal`. Gives what it printed. */
async function print(
  directory: TemporaryDirectory,
  args: readonly string[],
  { config, isJournal }: { readonly config: string; readonly isJournal: boolean },
): Promise<string> {
  const file = directory.write('journal', '');
  const descriptor = openSync(file, 'a');
  const { dev, ino } = fstatSync(descriptor);
  const JOURNAL_STREAM = isJournal ? `${dev}:${ino}` : '1:1';
  const env = { ...process.env, DRAINCTL_CONFIG: config, JOURNAL_STREAM, [markVariable]: directory.path };
  const child = spawn(process.execPath, [builtDrainctl(), ...args], { env, stdio: ['ignore', descriptor, descriptor] });
  closeSync(descriptor);
  await once(child, 'exit', { signal: AbortSignal.timeout(90_000) });
  return readFileSync(file, 'utf8');
}

test('in the journal every line of a shutdown has its priority', async () => {
  await using stack = await startStack({ processes: 1 });

  const text = await print(stack.directory, ['shutdown'], { config: stack.configFile, isJournal: true });

  const lines = text.trimEnd().split('\n');
  expect(lines.filter((line) => !/^<[3-6]>/.test(line))).toEqual([]);
  expect(text).toContain('<6>web:web_00 drained after');
  expect(lines.at(-1)).toBe('<5>shutdown done: 1 of 1 process; nothing was cut off. supervisord has ended.');
});

test('in the journal every line of an error has its priority', async () => {
  const directory = temporaryDirectory();
  const config = directory.write('bad.yaml', 'pools: 1\nprograms: 2\n');

  const text = await print(directory, ['shutdown'], { config, isJournal: true });

  const lines = text.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.filter((line) => !line.startsWith('<3>'))).toEqual([]);
});

test('elsewhere there are no priorities', async () => {
  const directory = temporaryDirectory();
  const config = directory.write('bad.yaml', 'pools: 1\n');

  expect(await print(directory, ['shutdown'], { config, isJournal: false })).not.toContain('<');
});
