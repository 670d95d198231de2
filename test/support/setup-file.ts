import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach } from 'vitest';
import { beginScope, endScope } from './cleanup.ts';

/** Warnings that Node gave since the last look: a deprecated call, a listener leak, a promise rejected too late. */
let warnings: string[] = [];

process.on('warning', (warning) => {
  warnings.push(warning.stack ?? `${warning.name}: ${warning.message}`);
});

async function failOnWarning(): Promise<void> {
  // Node gives a warning in the next tick of its event loop.
  await setImmediate();
  const seen = warnings;
  warnings = [];
  if (seen.length > 0) throw new Error(`process warnings fail the tests:\n${seen.join('\n')}`);
}

beforeEach(() => beginScope());

afterEach(async () => {
  await endScope();
  await failOnWarning();
});

afterAll(async () => {
  await endScope();
  await failOnWarning();
});
