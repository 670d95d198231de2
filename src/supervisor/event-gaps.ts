/**
 * How many events of the pool were lost between two that arrived one after the other, by their `poolserial`s. Nothing
 * is known about what came before the first (`previous` undefined). A serial that does not rise is an event sent
 * again, or supervisord counting anew after its largest number, and is no loss.
 */
export function countLostEvents(previous: number | undefined, current: number): number {
  if (previous === undefined) return 0;
  return Math.max(0, current - previous - 1);
}
