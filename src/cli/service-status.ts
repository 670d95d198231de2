import type { ProcessProgress } from '../drain/api.ts';
import { sayDuration, sayPhase } from '../drain/wording.ts';
import { printable } from './table.ts';

/** More groups than this are only counted. */
const namedGroups = 3;

/**
 * How far a run is, in one line for `systemctl status`: `draining web: 16 in flight, 2 of 4 stopped, 12 s`.
 * `ended` is what becomes of a process in this run: `stopped`, or where it stops nothing, `drained`.
 */
export function statusText(
  processes: readonly ProcessProgress[],
  elapsedMs: number,
  { title, ended }: { readonly title: string; readonly ended: string },
): string {
  const all = processes.filter((process) => process.outcome !== 'skipped');
  const active = all.filter((process) => process.phase !== '' && process.outcome === '');
  const done = all.filter((process) => process.outcome === 'done' || process.outcome === 'cut').length;
  const doing = active.length === 0 ? title : `${sayPhase(commonPhase(active))} ${sayGroups(active)}`;
  const counts = all.length === 0 ? '' : `${inFlightText(active)}${done} of ${all.length} ${ended}, `;
  return printable(`${doing}: ${counts}${sayDuration(elapsedMs)}`);
}

/** The phase that most of them are in. */
function commonPhase(active: readonly ProcessProgress[]): ProcessProgress['phase'] {
  const counts = new Map<ProcessProgress['phase'], number>();
  for (const { phase } of active) counts.set(phase, (counts.get(phase) ?? 0) + 1);
  return [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most), ['', 0] as const)[0];
}

function sayGroups(active: readonly ProcessProgress[]): string {
  const groups = [...new Set(active.map(({ name }) => name.split(':')[0] ?? name))];
  const rest = groups.length - namedGroups;
  return rest > 0 ? `${groups.slice(0, namedGroups).join(', ')} and ${rest} more` : groups.join(', ');
}

/** Unknown is not 0: one that is not known makes the sum a least one. */
function inFlightText(active: readonly ProcessProgress[]): string {
  if (active.length === 0) return '';
  const known = active.filter((process) => process.in_flight >= 0);
  const sum = known.reduce((total, process) => total + process.in_flight, 0);
  if (known.length === active.length) return `${sum} in flight, `;
  return sum === 0 ? 'in flight unknown, ' : `at least ${sum} in flight, `;
}
