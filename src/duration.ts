/** `2h`, `1m30s`, `30s`, `500ms`: whole numbers, each with its unit, the largest unit first and each at most once. */
export const durationPattern = /^(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** The longest duration, in milliseconds: what a Node timer can wait (24.8 days). A longer timer would fire at once. */
export const maxDurationMs = 2 ** 31 - 1;

const unitsMs = [3_600_000, 60_000, 1_000, 1] as const;
const unitNames = ['h', 'm', 's', 'ms'] as const;

/** The milliseconds of a text in {@link durationPattern}; undefined for anything else and past {@link maxDurationMs}. */
export function parseDuration(text: string): number | undefined {
  const match = durationPattern.exec(text);
  if (match === null) return undefined;
  const ms = unitsMs.reduce((sum, unitMs, index) => sum + Number(match[index + 1] ?? 0) * unitMs, 0);
  return ms <= maxDurationMs ? ms : undefined;
}

/** Milliseconds, rounded to whole ones, in the form that {@link parseDuration} reads: `1m30s`; `0s` for none or less. */
export function formatDuration(ms: number): string {
  let restMs = Math.max(0, Math.round(ms));
  let text = '';
  unitsMs.forEach((unitMs, index) => {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    if (count > 0) text += `${count}${unitNames[index]}`;
  });
  return text === '' ? '0s' : text;
}
