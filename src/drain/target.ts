import type { OnCrash, OnDeadline } from '../config/config.ts';
import type { OpenedSteps } from '../config/open.ts';
import type { Json } from '../pools/pool.ts';
import type { Probe } from '../probes/probe.ts';
import type { ReadyCheck } from '../probes/ready.ts';
import type { ProcessConfig, ProcessInfo, ProcessName } from '../supervisor/process.ts';
import type { EntryKey } from './journal-file.ts';
import type { PoolAddress } from './pool-address.ts';

/** A process's entry at one address of one pool. */
export interface TargetMember {
  readonly at: PoolAddress;
  /** As the driver takes it. */
  readonly member: { readonly [key: string]: Json };
  readonly label: string;
}

/** How a process is treated; times in milliseconds. */
export interface TargetSettings {
  readonly deadlineMs: number;
  readonly quietMs: number;
  readonly pollMs: number;
  readonly settleMs: number;
  readonly onDeadline: OnDeadline;
  readonly onCrash: OnCrash;
  readonly readyDeadlineMs: number;
  readonly stage: number | undefined;
  readonly maxUnavailable: number;
}

/** A process with all that is needed to take it out, measure it, and put it back. */
export interface Target {
  readonly info: ProcessInfo;
  readonly config: ProcessConfig;
  readonly settings: TargetSettings;
  readonly members: readonly TargetMember[];
  /** Undefined: what the pools count. */
  readonly probes: readonly Probe[] | undefined;
  /** What is to be done before it is stopped; absent: nothing. */
  readonly steps?: OpenedSteps | undefined;
  /** Undefined: RUNNING is ready. */
  readonly ready: ReadyCheck | undefined;
  /** True where supervisord no longer has it: it is in the journal only. */
  readonly isGone?: boolean;
}

/** What measures a process's work in flight, in words; empty where nothing does. */
export function countedBy(target: Target): readonly string[] {
  if (target.probes !== undefined) return target.probes.map((probe) => probe.target);
  return target.members
    .filter((member) => member.at.counts)
    .map((member) => `${member.at.pool} at ${member.at.address}`);
}

/** True where something can measure what the process has in flight. */
export function isCounted(target: Target): boolean {
  return countedBy(target).length > 0;
}

/** How a member is named in messages: `app/web_00 at /run/haproxy/admin.sock`. */
export function describeMember(member: TargetMember): string {
  return `${member.label} at ${member.at.address}`;
}

/** What identifies a process's member in the journal. */
export function entryKey(process: ProcessName, { at, label }: TargetMember): EntryKey {
  return { process, pool: at.pool, address: at.address, label };
}

/** That a process did not heed its stop signal, as a clause to go on with after its name. */
export function sayKilled({ config }: Target): string {
  return `it did not end within its stopwaitsecs (${config.stopWaitSecs} s), and supervisord killed it`;
}
