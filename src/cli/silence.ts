import { DrainctlError, isDrainctlError } from '../errors.ts';
import type { ServiceContext } from '../systemd/service-context.ts';

/**
 * Why supervisord does not answer. `hangs`: its process lives, or its socket takes connections that nobody serves.
 * `crashed`, `ended`: systemd says that its process is over, badly or well. `unknown`: nothing tells; it may not be here
 * at all, or we may not ask.
 */
export type Silence =
  | { readonly kind: 'hangs'; readonly pid: number | undefined }
  | { readonly kind: 'crashed' | 'ended' | 'unknown' };

/** What there is to judge by. */
export interface SilenceFacts {
  /** What asking supervisord failed with. */
  readonly error: unknown;
  readonly service: ServiceContext;
  /** supervisord's process, as long as it lives: as systemd says, or the parent of what it ran. */
  readonly livingPid: number | undefined;
}

/** Judges it. A person's command that finds nobody is none of these: there is nothing to go by. */
export function judgeSilence({ error, service, livingPid }: SilenceFacts): Silence {
  const how = howItFailed(error);
  if (how === 'other') return { kind: 'unknown' };
  if (livingPid !== undefined || how === 'no answer') return { kind: 'hangs', pid: livingPid };
  if (!service.isStop) return { kind: 'unknown' };
  return { kind: endedWell(service) ? 'ended' : 'crashed' };
}

/**
 * A stop that has failed for another reason (ExecStop= did) is no crash. With a $MAINPID it was still there when systemd
 * began the stop, and nobody knows how it ended.
 */
function endedWell({ mainPid, result, mainEnd }: ServiceContext): boolean {
  return mainPid === undefined && (mainEnd === 'exited, 0' || (mainEnd === '' && result === 'success'));
}

/** Connections that are refused, or that get no answer; `other` is no silence: a wrong password, a permission. */
function howItFailed(error: unknown): 'refused' | 'no answer' | 'other' {
  if (!isDrainctlError(error, 'SUPERVISOR_UNREACHABLE')) return 'other';
  const errno = error.details['errno'];
  if (errno === 'ENOENT' || errno === 'ECONNREFUSED') return 'refused';
  return errno === 'EACCES' || errno === 'EPERM' || errno === 'ENOTFOUND' ? 'other' : 'no answer';
}

/** The error for a supervisord that hangs, where nothing tells what it runs. */
export function nothingKnown(pid: number | undefined, stateDir: string, cause: unknown): DrainctlError {
  return new DrainctlError(
    'SUPERVISOR_UNREACHABLE',
    `${sayHangs(pid)}, and ${stateDir}/processes.json does not tell what it runs. Nothing could be taken out of its pools, and nothing was stopped.`,
    {
      hint: 'The sidecar writes that file: see that [eventlistener:drain] is loaded. Take the servers out by hand, and see what supervisord waits for: its log, and "cat /proc/PID/stack".',
      cause,
    },
  );
}

/** `supervisord (pid 4711) does not answer`. */
export function sayHangs(pid: number | undefined): string {
  return `supervisord${pid === undefined ? '' : ` (pid ${pid})`} does not answer`;
}
