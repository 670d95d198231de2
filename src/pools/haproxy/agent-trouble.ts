import { type Asked, type Heard, saySeldom } from './agent-decisions.ts';

const separator = '; trouble: ';

/** What keeps an answer from being confirmed, or may do so after a restart of the sidecar; '' where nothing does. */
export function troubleOf(found: Heard, asked: Asked): string {
  if (found.kind === 'absent') return `HAProxy at ${found.who} does not ask, so that nothing is confirmed`;
  if (found.kind === 'too many') return 'more ask than can be remembered, so that nothing is confirmed';
  const seldom = saySeldom(asked);
  return seldom === '' ? '' : `more seldom than agent_inter asks ${seldom}`;
}

/** The text of a member's state. */
export function withTrouble(text: string, trouble: string): string {
  return trouble === '' ? text : `${text}${separator}${trouble}`;
}

/** What {@link withTrouble} put into a text; undefined: nothing. */
export function readTrouble(text: string): string | undefined {
  return text.split(separator)[1];
}
