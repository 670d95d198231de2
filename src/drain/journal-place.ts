import type { Journal } from './journal.ts';
import type { Run } from './run.ts';

/** Of more members than these a sentence names the first ones. Each is named where it was taken out, too. */
const namedAtMost = 10;

/** Warns, once in a run, where the journal is not in state_dir. Call it when something was written down, or taken from it. */
export function sayPlace(run: Run, { place, spareDir, content }: Journal): void {
  if (place === 'spare') {
    run.sayOnce({
      kind: 'warning',
      message: `state_dir can't be written; the journal is kept in ${spareDir}, which a reboot empties`,
    });
  } else if (place === 'memory' && content.entries.length > 0) {
    run.sayOnce({
      kind: 'warning',
      message: `what this run takes out can't be written down: ${nowhere(spareDir)}. Should drainctl end, nothing puts it back`,
    });
  }
}

/** What a person has to put back should drainctl end, as a sentence to add; '' where the journal outlives drainctl. */
export function sayByHand({ place, spareDir, content }: Journal): string {
  if (place !== 'memory' || content.entries.length === 0) return '';
  const members = content.entries.map(({ label, address }) => `${label} at ${address}`);
  const more = members.length > namedAtMost ? ` and ${members.length - namedAtMost} more, named above` : '';
  const named = members.slice(0, namedAtMost).join(', ');
  return ` The journal can't be written (${nowhere(spareDir)}): should drainctl end, put back by hand: ${named}${more}.`;
}

function nowhere(spareDir: string): string {
  return spareDir === '' ? "state_dir can't be written" : `neither state_dir nor ${spareDir} can be written`;
}
