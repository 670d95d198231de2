import type { Json } from '../pool.ts';

/** Configuration manual, 5.2 "agent-check". A weight leaves DRAIN and MAINT as they are. */
export const words = {
  drain: { out: 'drain', back: 'ready' },
  maint: { out: 'maint', back: 'ready' },
  weight: { out: '0%', back: '100%' },
} as const;

/** How a pool takes its members out. */
export type Depool = keyof typeof words;

/** What puts a member back. A reload may have brought another `depool` since it was taken out: then what both do is ended. `before`: as the journal has it. */
export function wordsBack(depool: Depool, before: Json): string {
  const hasChanged = before !== null && (before === 'weight') !== (depool === 'weight');
  return hasChanged ? `${words.drain.back} ${words.weight.back}` : words[depool].back;
}
