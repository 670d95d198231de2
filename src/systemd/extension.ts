/** So long systemd waits for the next message. Long enough for one call that gets no answer (10 s). */
export const extensionMs = 20_000;

/** The same text is sent again after this long, for the extension's sake. */
const repeatMs = 4_000;

/** A text that changes all the time is sent this often. */
const changeMs = 1_000;

/** A message to systemd: when, on the monotonic clock, and what. */
export interface SentMessage {
  readonly atMs: number;
  readonly text: string;
}

/** True where systemd is to hear of it now: the first text at once, a changed one each second, the same every four. */
export function isDue(last: SentMessage | undefined, text: string, nowMs: number): boolean {
  if (last === undefined) return true;
  return nowMs - last.atMs >= (text === last.text ? repeatMs : changeMs);
}

/**
 * By how much systemd's time-out is to be extended, in milliseconds from now: never past the end of what the stage may
 * take. 0: no more. systemd never shortens a time-out by it, and takes 0 for no message at all.
 */
export function extensionOf(elapsedMs: number, limitMs: number): number {
  return Math.min(extensionMs, Math.max(0, Math.floor(limitMs - elapsedMs)));
}
