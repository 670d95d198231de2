import { toDrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';

/** A process that dies of a bug while it holds the gate cuts off what it was there to save; so it tells, and goes on. */
export function outliveBugs(log: Log): void {
  const tell = (error: unknown) => {
    log.error(toDrainctlError(error).toText(), { stack: error instanceof Error ? error.stack : undefined });
  };
  process.on('uncaughtException', tell);
  process.on('unhandledRejection', tell);
}
