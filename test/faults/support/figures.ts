import { appendFileSync } from 'node:fs';
import { readJsonLines } from '../../support/json-lines.ts';

/** One line of the table that the fault suite prints at its end. */
export interface Figure {
  /** The fault's short title, as in docs/reliability.md. */
  readonly row: string;
  /** What was counted or measured, with its unit. */
  readonly name: string;
  readonly value: number | string;
}

/** The environment variable that hands the file for the figures to vitest's workers: one JSON document a line. */
export const figuresVariable = 'DRAINCTL_TEST_FIGURES';

/** The environment variable that asks for the full form of every fault; `npm run soak` sets it to 1. */
export const soakVariable = 'DRAINCTL_SOAK';

/** Whether the full form of every fault is wanted. */
export const inSoak: boolean = process.env[soakVariable] === '1';

/** Gives `full` in the soak, and `short` in `npm test`. */
export function scale<T>(short: T, full: T): T {
  return inSoak ? full : short;
}

/**
 * Puts a line into the table at the end of the run; the same row and name again replaces the value. Call it only
 * once the test has found what must hold to be so: a figure in the table is a thing that was shown. `row` is a string
 * literal, or a constant of the same file: the table in docs/reliability.md is held against these.
 */
export function figure(row: string, name: string, value: number | string): void {
  const file = process.env[figuresVariable];
  // One write call with O_APPEND: the lines of parallel workers don't mix.
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ row, name, value })}\n`);
}

/** The figures in a file, each row's together and in the order in which they first came; none where there is no file. */
export function readFigures(file: string): Figure[] {
  const rows = new Map<string, Map<string, Figure>>();
  for (const figure of readJsonLines<Figure>(file)) {
    const row = rows.get(figure.row) ?? new Map<string, Figure>();
    rows.set(figure.row, row.set(figure.name, figure));
  }
  return [...rows.values()].flatMap((row) => [...row.values()]);
}

/** The figures as a table for people: each row's title once, above its figures. */
export function renderFigures(figures: readonly Figure[]): string {
  const width = Math.max(0, ...figures.map(({ name }) => name.length));
  return figures
    .flatMap(({ row, name, value }, index) => [
      ...(figures[index - 1]?.row === row ? [] : [row]),
      `  ${name.padEnd(width)}  ${value}`,
    ])
    .join('\n');
}
