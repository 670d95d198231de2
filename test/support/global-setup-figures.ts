import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figuresVariable, readFigures, renderFigures } from '../faults/support/figures.ts';
import { runIdVariable } from './run-id.ts';

/** Gives the fault suite a file for its figures, and prints them when all has run. `npm run soak` names a file of its own. */
export function setup(): () => void {
  const named = process.env[figuresVariable];
  const file = named ?? join(tmpdir(), `dctl-figures-${process.env[runIdVariable] ?? process.pid}`);
  process.env[figuresVariable] = file;
  return () => {
    const figures = readFigures(file);
    if (figures.length > 0) process.stdout.write(`\nFaults, and what was shown:\n\n${renderFigures(figures)}\n\n`);
    if (named === undefined) rmSync(file, { force: true });
  };
}
