import { describe, expect, it } from 'vitest';
import { countLostEvents } from '../../../src/supervisor/events.ts';

describe('countLostEvents', () => {
  it.each([
    ['nothing before the first event', undefined, 40, 0],
    ['nothing between neighbours', 4, 5, 0],
    ['one that was dropped', 4, 6, 1],
    ['many that were dropped', 4, 500, 495],
    ['nothing where an event is sent again', 5, 5, 0],
    ['nothing where the count starts anew', 2_147_483_647, 0, 0],
  ])('counts %s', (_, previous, current, lost) => {
    expect(countLostEvents(previous, current)).toBe(lost);
  });
});
