import type { Command } from './command.ts';

/** Every command by its name. Each is loaded only when it is wanted: what `status` does not need must not slow it down. */
export const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['status', async () => (await import('./status.ts')).status],
  ['plan', async () => (await import('./plan.ts')).plan],
  ['drain', async () => (await import('./drain.ts')).drain],
  ['pool', async () => (await import('./pool.ts')).pool],
  ['stop', async () => (await import('./stop.ts')).stop],
  ['start', async () => (await import('./start.ts')).start],
  ['restart', async () => (await import('./restart.ts')).restart],
  ['shutdown', async () => (await import('./shutdown.ts')).shutdown],
  ['cancel', async () => (await import('./cancel.ts')).cancel],
  ['history', async () => (await import('./history.ts')).history],
  ['drivers', async () => (await import('./drivers.ts')).drivers],
  ['listen', async () => (await import('./listen.ts')).listen],
]);
