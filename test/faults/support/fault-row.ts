import { expect } from 'vitest';
import { exitCodeOf, startSteadyLoad, waitForStep } from '../../support/acceptance.ts';
import type { RunningProcess } from '../../support/processes.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type FaultyStack, limitMs } from './faulty-stack.ts';
import type { SocketFault } from './socket-faults.ts';

/** When a fault begins. */
export type Moment = 'before the run' | 'while draining' | 'at repool';

/** A fault of HAProxy's admin socket, and what must come of it. */
export interface FaultRow {
  readonly fault: SocketFault;
  readonly moment: Moment;
  /** `lasting`: until the command has ended; `passing`: until drainctl has met it. */
  readonly lasts: 'lasting' | 'passing';
  readonly action: 'restart' | 'stop' | 'drain';
  readonly exitCode: number;
  /** What the result says. */
  readonly says: readonly RegExp[];
}

/** What came of a {@link FaultRow}. */
export interface RowResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the command's start to its end. */
  readonly ms: number;
  readonly requests: number;
  readonly failed: number;
}

/** `silent while draining, lasting`: the row in words. */
export function titleOf({ action, fault, moment, lasts }: FaultRow): string {
  return `${action}: ${fault}, ${moment}, ${lasts}`;
}

/** Runs the command on web_00 under load with the fault at its moment; the fault is over when this resolves. */
export async function carryOut(world: FaultyStack, row: FaultRow): Promise<RowResult> {
  const { stack, socket, work } = world;
  work.hold();
  const load = await startSteadyLoad(stack, { connections: 20, path: '/?ms=100' });
  if (row.moment === 'before the run') await socket.become(row.fault);
  if (row.moment === 'at repool') socket.becomeAt(/state ready/, row.fault);
  const startedAt = performance.now();
  // What passes must do so in time, however slow the machine is; the others are waited for to the end.
  const options = row.lasts === 'passing' ? ['--deadline', '120s'] : [];
  const command = stack.spawnDrainctl([row.action, 'web:web_00', ...options]);
  if (row.moment === 'while draining') await failWhileDraining(world, row, command);
  if (row.moment === 'at repool') work.release();
  if (row.lasts === 'passing') await mendWhenMet(world, row, command);
  work.release();
  const exitCode = await exitCodeOf(command, limitMs + 20_000);
  const ms = Math.round(performance.now() - startedAt);
  const { requests, failures } = await load.stop();
  await socket.become(undefined);
  expect(failures).toEqual([]);
  return { exitCode, stdout: command.stdout, stderr: command.stderr, ms, requests, failed: failures.length };
}

/** The faults that leave the states readable. */
const readable: readonly SocketFault[] = ['denied', 'ignored', 'renamed'];

async function failWhileDraining({ socket }: FaultyStack, row: FaultRow, command: RunningProcess): Promise<void> {
  await waitForStep(command, /draining:/);
  await socket.become(row.fault);
  if (readable.includes(row.fault)) await waitFor(() => socket.met > 1, { what: 'a look at HAProxy' });
  else await waitForStep(command, /not confirmed to be out/);
}

async function mendWhenMet({ socket }: FaultyStack, row: FaultRow, command: RunningProcess): Promise<void> {
  if (row.moment === 'before the run') await waitForStep(command, /trying again/);
  if (row.moment === 'at repool') await waitFor(() => socket.met > 0, { what: 'the put-back to meet the fault' });
  await socket.become(undefined);
}
