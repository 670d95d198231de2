import { formatDuration, parseDuration } from '../duration.ts';
import { defaultPolicy } from './defaults.ts';
import { valueAt } from './issues.ts';
import type { Finding, KeyPath } from './problems.ts';
import { entriesOf } from './raw.ts';

/** Finds programs (and `defaults`) whose deadline passes before they can have been quiet for long enough. */
export function checkDeadlines(root: unknown): Finding[] {
  const defaults = { deadlineMs: defaultPolicy.deadlineMs, quietMs: defaultPolicy.quietMs };
  const section = times(root, ['defaults'], defaults);
  const own = entriesOf(root, 'programs').flatMap(([name]) => complaint(times(root, ['programs', name], section)));
  return [...complaint(section), ...own];
}

interface Times {
  readonly deadlineMs: number;
  readonly quietMs: number;
  /** The key that says so; undefined where the section sets neither. */
  readonly path?: KeyPath;
}

function times(root: unknown, path: KeyPath, inherited: Times): Times {
  const deadlineMs = durationAt(root, [...path, 'deadline']);
  const quietMs = durationAt(root, [...path, 'quiet']);
  const merged = { deadlineMs: deadlineMs ?? inherited.deadlineMs, quietMs: quietMs ?? inherited.quietMs };
  if (deadlineMs !== undefined) return { ...merged, path: [...path, 'deadline'] };
  return quietMs !== undefined ? { ...merged, path: [...path, 'quiet'] } : merged;
}

function complaint({ deadlineMs, quietMs, path }: Times): Finding[] {
  if (path === undefined || deadlineMs >= quietMs) return [];
  const message = `the deadline (${formatDuration(deadlineMs)}) is shorter than quiet (${formatDuration(quietMs)}), so nothing could ever be drained in time`;
  return [{ path, message }];
}

function durationAt(root: unknown, path: KeyPath): number | undefined {
  const value = valueAt(root, path);
  return typeof value === 'string' ? parseDuration(value) : undefined;
}
