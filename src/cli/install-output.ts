import type { InstallDocument } from '../install/document.ts';
import type { TextOutput } from './command.ts';
import { printable, printableLines } from './table.ts';

const doneWords = {
  create: 'created',
  update: 'updated',
  replace: 'replaced',
  remove: 'removed',
  restore: 'restored',
} as const;

const listenerWords: Readonly<Record<InstallDocument['listener'], { done: string; planned: string }>> = {
  loaded: { done: 'supervisord has loaded the listener, drain', planned: 'supervisord would load the listener, drain' },
  removed: {
    done: 'supervisord has stopped and removed the listener, drain',
    planned: 'supervisord would stop and remove the listener, drain',
  },
  restored: {
    done: 'supervisord runs the listener, drain, by its restored section',
    planned: 'supervisord would run the listener, drain, by its restored section',
  },
  unchanged: { done: '', planned: '' },
  outdated: { done: '', planned: '' },
  'not running': { done: '', planned: '' },
};

/** What an install or uninstall has done, or would do: each change as a diff, then what became of the listener. */
export function printInstall(output: TextOutput, document: InstallDocument): void {
  const { dry_run: dryRun, changes, listener, listener_state: state, notes, next } = document;
  for (const change of changes) {
    const verb = dryRun ? `would ${change.action}` : doneWords[change.action];
    output.write(`${verb} ${printable(change.file)}\n${printableLines(change.diff)}`);
    if (change.kept_in !== '') output.write(`what it held is kept in ${printable(change.kept_in)}\n`);
    output.write('\n');
  }
  const said = listenerWords[listener][dryRun ? 'planned' : 'done'];
  if (said !== '') output.write(`${said}${state === '' ? '' : `: ${state}`}\n`);
  if (changes.length === 0 && said === '') output.write('nothing to do\n');
  for (const note of notes) output.write(`${printable(note)}\n`);
  if (dryRun) output.write('Nothing was changed. Without --dry-run it is done.\n');
  if (next.length > 0) output.write(`\nNext:\n${next.map((line) => `  ${line}\n`).join('')}`);
}
