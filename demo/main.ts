/**
 * `npm run demo`: a real supervisord with four web processes, a real HAProxy, and 60 connections of requests that take half
 * a second each. supervisord is shut down in the middle, first without drainctl and then with it.
 */
import { endScope } from '../test/support/cleanup.ts';
import { drainedRound, plainRound, runRound } from './round.ts';
import { renderTable } from './table.ts';

/** Longer than both rounds take together, even on a slow machine. */
const deadlineMs = 58_000;

async function main(): Promise<number> {
  console.log('Four web processes under supervisord, one server outside it, HAProxy in front of them;');
  console.log('60 connections, one request after the other on each, half a second a request.');
  const plain = await runRound(plainRound);
  const drained = await runRound(drainedRound);
  console.log(`\n${renderTable([plain, drained])}`);
  for (const failure of drained.failures) console.error(`drained: failed at ${failure}`);
  return drained.failed === 0 ? 0 : 1;
}

// Leaving is enough: whatever is still running or on disk is freed as the process exits, see test/support/cleanup.ts.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
setTimeout(() => {
  console.error(`The demo has not ended within ${deadlineMs / 1_000} s; giving up.`);
  process.exit(1);
}, deadlineMs).unref();

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await endScope();
}
