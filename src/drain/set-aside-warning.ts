import type { ProcessStatus } from './api.ts';

/**
 * What a journal that was set aside comes to: what is out without an entry may be what it listed. '' where none was set
 * aside, or nothing is out like that. `files`: those that were set aside, the latest first.
 */
export function setAsideWarning(files: readonly string[], processes: readonly ProcessStatus[]): string {
  const [latest] = files;
  const out = processes.filter(({ drift }) => drift.some(({ kind }) => kind === 'taken_out')).map(({ name }) => name);
  if (latest === undefined || out.length === 0) return '';
  return `A damaged journal was set aside as ${latest}. What it listed may be out still, and nothing puts it back by itself: ${out.join(', ')}. What is to be in: "drainctl pool NAME --force". Then remove the file.`;
}
