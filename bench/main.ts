/**
 * `npm run bench`: the figures that drainctl promises, both sides of each measured in one run, and a table of them. Exit status 1 where
 * one misses its bar.
 *
 *   npm run bench -- [FIGURE…] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { beginScope, endScope } from '../test/support/cleanup.ts';
import { type Figure, keepsBar, type Row } from './figure.ts';
import { crashToOut } from './figures/crash-to-out.ts';
import { front } from './figures/front.ts';
import { idleShutdown } from './figures/idle-shutdown.ts';
import { idleSidecar } from './figures/idle-sidecar.ts';
import { roundTrips } from './figures/round-trips.ts';
import { status } from './figures/status.ts';
import { stopDelay } from './figures/stop-delay.ts';
import { renderTable } from './table.ts';

const figures: readonly Figure[] = [status, stopDelay, crashToOut, idleShutdown, roundTrips, idleSidecar, front];

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
  const rows: Row[] = [];
  for (const figure of chosen(positionals)) {
    console.error(`${figure.name}: ${figure.summary}`);
    rows.push(...(await measured(figure)));
  }
  console.log(`\n${renderTable(rows)}`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report(rows), undefined, 2)}\n`);
  return rows.some((row) => keepsBar(row) === false) ? 1 : 0;
}

function chosen(names: readonly string[]): readonly Figure[] {
  const unknown = names.filter((name) => !figures.some((figure) => figure.name === name));
  if (unknown.length > 0) {
    throw new Error(
      `There is no figure ${unknown.join(', ')}; there are ${figures.map(({ name }) => name).join(', ')}.`,
    );
  }
  return names.length === 0 ? figures : figures.filter((figure) => names.includes(figure.name));
}

/** Each figure has the machine to itself: what the one before it started has ended. */
async function measured(figure: Figure): Promise<Row[]> {
  beginScope();
  try {
    return await figure.measure();
  } finally {
    await endScope();
  }
}

function report(rows: readonly Row[]) {
  return {
    at: new Date().toISOString(),
    node: process.version,
    cpus: cpus().map(({ model }) => model),
    rows: rows.map((row) => ({ ...row, what: row.what.trim(), kept: keepsBar(row) })),
  };
}

// It makes Node read and parse hundreds of certificates at its start, which no installation asks of drainctl.
delete process.env['NODE_EXTRA_CA_CERTS'];
// Leaving is enough: whatever is still running or on disk is freed as the process exits, see test/support/cleanup.ts.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await endScope();
}
