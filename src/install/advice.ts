import { quoteForShell } from '../shell-quote.ts';
import type { ProcessState } from '../supervisor/process.ts';
import type { ListenerOutcome } from './document.ts';

/** What an operator should know of the listener after an install. */
export function installNotes(listener: ListenerOutcome, state: ProcessState | undefined, logFile: string): string[] {
  if (listener === 'not running') {
    return ['No supervisord answers here. The one that is started next reads the section by itself.'];
  }
  if (listener === 'outdated') {
    return [
      'The listener still runs by its earlier section. It is not restarted here, because a run may be under way.',
    ];
  }
  if (state === undefined || state === 'RUNNING') return [];
  return [
    `The listener does not run: it is ${state}. ${logFile} tells why. supervisord tries again by itself for a while.`,
  ];
}

/** What to run after an install. */
export function nextAfterInstall(listener: ListenerOutcome, configFile: string | undefined): string[] {
  const config = configFile === undefined ? '' : ` --config ${quoteForShell(configFile)}`;
  const update = [
    `drainctl status${config}    # does WHY tell of a run? Then wait for its end`,
    'supervisorctl update drain    # takes over the new section; touches no other group',
  ];
  return [...(listener === 'outdated' ? update : []), `drainctl check${config}`];
}

/** What an operator should know after an uninstall. */
export function uninstallNotes(stateDir: string, rereads: boolean): string[] {
  const left = `Left as it is: ${stateDir} (journal, history), the listener's log, and the configuration of drainctl.`;
  if (rereads) return [left];
  return [
    left,
    'supervisord refuses its configuration as it is now: `supervisorctl reread` tells why. The listener was removed all the same.',
  ];
}
