import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import type { JournalContent } from '../../src/drain/journal-file.ts';
import {
  exitCodeOf,
  expectNoneFailed,
  startSteadyLoad,
  waitForStep,
  workUntilReleased,
} from '../support/acceptance.ts';
import { mayMount } from '../support/mounts.ts';
import { startProcess } from '../support/processes.ts';
import { type Stack, startStack } from '../support/stack.ts';
import type { StackConfig } from '../support/stack-config.ts';
import { toolPath } from '../support/tools.ts';
import { waitFor } from '../support/wait-for.ts';
import { figure, scale } from './support/figures.ts';
import { type DiskFault, diskFaults, limitedDisk } from './support/limited-disk.ts';

const row = 'disk full, state_dir read-only';

const actions = ['restart', 'drain', 'shutdown', 'gate'] as const;

interface DiskCase {
  readonly action: (typeof actions)[number];
  readonly fault: DiskFault;
  readonly from: 'before the run' | 'while draining';
  readonly sidecar: boolean;
}

const allCases: readonly DiskCase[] = actions.flatMap((action) =>
  diskFaults.flatMap((fault) =>
    (['before the run', 'while draining'] as const).flatMap((from) =>
      [true, false]
        // The gate is the sidecar's.
        .filter((sidecar) => sidecar || action !== 'gate')
        .map((sidecar) => ({ action, fault, from, sidecar })),
    ),
  ),
);

const shortTitles = [
  'restart: full, before the run, through the sidecar',
  'drain: read-only, while draining, without a sidecar',
  'shutdown: without inodes, while draining, through the sidecar',
  'gate: full, while draining, through the sidecar',
];
const titled = allCases.map((given) => [titleOf(given), given] as const);
const cases = scale(
  titled.filter(([title]) => shortTitles.includes(title)),
  titled,
);

/** Far more than an idle machine takes. */
const timeoutMs = 180_000;

let [requests, stops] = [0, 0];

beforeAll(() => {
  expect(mayMount(), 'these tests mount small disks, which takes root').toBe(true);
  expect(cases.length).toBe(scale(shortTitles.length, allCases.length));
});

test.each(cases)(
  '%s',
  async (_, given) => {
    const disk = limitedDisk(given.fault);
    const work = workUntilReleased();
    await using stack = await startStack({
      processes: 2,
      sidecar: given.sidecar,
      program: { startsecs: 0 },
      config: (config) => {
        const quick = {
          ...config,
          defaults: { deadline: '60s', quiet: '50ms', poll: '20ms' },
          state_dir: disk.stateDir,
        };
        return work.config(quick as StackConfig); // as: of that form, with other durations
      },
    });
    const load = await startSteadyLoad(stack, { connections: 10, path: '/?ms=50' });
    if (given.from === 'before the run') await disk.fail();

    const { exitCode, output } = await carryOut(stack, given, async () => {
      if (given.from === 'while draining') await disk.fail();
      work.release();
    });

    requests += load.result.requests;
    await expectNoneFailed(load);
    expect(exitCode, output).toBe(0);
    expect(
      stack
        .stops()
        .map(({ name, inFlight }) => `${name} ${inFlight}`)
        .sort(),
      output,
    ).toEqual(given.action === 'drain' ? [] : ['web_00 0', 'web_01 0']);
    if (writesJournal(given))
      expect(output).toMatch(/state_dir can't be written; the journal is kept in .*, which a reboot empties/);
    // Where a file that has had its time goes, there is an inode again, and the history may have it.
    if (given.fault !== 'without inodes') expect(output).toMatch(/history .*history\.jsonl can't be written/);
    await disk.mend();
    await expectMended(stack, given, disk.stateDir);
    stops += stack.stops().length;
    figure(row, 'cases', cases.length);
    figure(row, 'requests, none of them failed', requests);
    figure(row, 'stops, all with nothing in flight', stops);
  },
  timeoutMs,
);

/** A shutdown or a gate that has taken out everything writes no more: its journal is in state_dir, and complete. */
function writesJournal({ action, from }: DiskCase): boolean {
  return from === 'before the run' || action === 'restart' || action === 'drain';
}

/** Does it, with `whileDraining` in the middle of it. The output of the gate is the sidecar's log. */
async function carryOut(
  stack: Stack,
  { action }: DiskCase,
  whileDraining: () => Promise<void>,
): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  if (action === 'gate') {
    stack.supervisord.process.kill('SIGTERM');
    await waitFor(() => stack.supervisord.listenerLog().includes('draining:'), { what: 'the gate to drain' });
    await whileDraining();
    await stack.supervisord.waitForExit();
    return { exitCode: 0, output: stack.supervisord.listenerLog() };
  }
  const names = { restart: ['web:*'], drain: ['web:web_00'], shutdown: [] }[action];
  const command = stack.spawnDrainctl([action, ...names]);
  await waitForStep(command, /draining:/);
  await whileDraining();
  const exitCode = await exitCodeOf(command);
  return { exitCode, output: `${command.stderr}${command.stdout}` };
}

/** With room again: all is put back, and the journal is where it belongs, and empty. */
async function expectMended(stack: Stack, { action, sidecar }: DiskCase, stateDir: string): Promise<void> {
  const isOver = action === 'shutdown' || action === 'gate';
  if (isOver) {
    const mark = stack.directory.path;
    startProcess(toolPath('supervisord'), ['--nodaemon', '--configuration', stack.supervisord.configFile], { mark });
    await stack.supervisord.waitForRunning();
  }
  if (action === 'drain' || (isOver && !sidecar)) {
    const { exitCode, stderr } = await stack.drainctl(['pool', 'web:*']);
    expect(exitCode, stderr).toBe(0);
  }
  await stack.haproxy.waitForUp();
  // The next run, whatever it is, brings the journal home.
  const { exitCode, stderr } = await stack.drainctl(['restart', 'web:web_01']);
  expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining("can't be written")]);
  await waitFor(() => entriesIn(`${stateDir}/journal.json`) === 0 && spareFiles(stack).length === 0, {
    what: 'a journal without entries, where it belongs',
  });
}

function entriesIn(file: string): number {
  const { entries, holds } = JSON.parse(readFileSync(file, 'utf8')) as JournalContent; // as: the journal's format
  return entries.length + holds.length;
}

/** What is in the journal's second place. */
function spareFiles(stack: Stack): readonly string[] {
  const folder = stack.directory.file('drainctl');
  return existsSync(folder) ? readdirSync(folder) : [];
}

function titleOf({ action, fault, from, sidecar }: DiskCase): string {
  return `${action}: ${fault}, ${from}, ${sidecar ? 'through the sidecar' : 'without a sidecar'}`;
}
