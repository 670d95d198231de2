import { unifiedDiff } from './diff.ts';
import type { FoundFile } from './files.ts';
import type { Action, Change } from './plan.ts';

/** What became of the listener in the supervisord that runs. */
export type ListenerOutcome =
  /** It was loaded or removed, and no other group was touched. */
  | 'loaded'
  | 'removed'
  /** It was removed, and the one that the restored file describes was loaded. */
  | 'restored'
  /** Nothing was to be done. */
  | 'unchanged'
  /** It still runs by its earlier section. */
  | 'outdated'
  /** No supervisord runs here. */
  | 'not running';

/** One file that was changed, or would be. */
export type ChangeDocument = {
  readonly file: string;
  readonly action: Action;
  /** Unified; "" where only its being there changes. */
  readonly diff: string;
  /** Where a copy of what it held is kept; "" for nowhere. */
  readonly kept_in: string;
};

/** What `drainctl install` and `uninstall` print with `--json`. */
export type InstallDocument = {
  readonly dry_run: boolean;
  readonly changes: readonly ChangeDocument[];
  readonly listener: ListenerOutcome;
  /** The state that it came to after it was loaded; "" where it was not. */
  readonly listener_state: string;
  /** What an operator should know. */
  readonly notes: readonly string[];
  /** What to run next. */
  readonly next: readonly string[];
};

/** A change as it is printed. */
export function changeDocument({ file, action, before, after, keptIn }: Change): ChangeDocument {
  return { file, action, diff: unifiedDiff(file, textOf(before), textOf(after)), kept_in: keptIn ?? '' };
}

function textOf(found: FoundFile | undefined): string | undefined {
  return found?.content.toString();
}
