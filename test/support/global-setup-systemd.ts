import { skipReason } from './container/preconditions.ts';

/** Says once, whatever the reporter shows, that the tests that need a systemd are not run. */
export function setup(): void {
  const reason = skipReason();
  if (reason !== undefined) process.stderr.write(`test/e2e, the tests with a real systemd: ${reason}\n`);
}
