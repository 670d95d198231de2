const unitsMs: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  month: 2_629_800_000,
  y: 31_557_600_000,
};

/**
 * The milliseconds of a time span as systemctl prints it: `1min 30s`, `infinity`; undefined for anything else.
 * systemd.time(7)
 */
export function parseTimespan(text: string): number | undefined {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  const parts = text
    .trim()
    .split(/\s+/)
    .map((part) => /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(part));
  const spans = parts.map((part) => Number(part?.[1]) * (unitsMs[part?.[2] ?? ''] ?? Number.NaN));
  const sum = spans.reduce((total, ms) => total + ms, 0);
  return text === '0' ? 0 : Number.isNaN(sum) ? undefined : sum;
}
