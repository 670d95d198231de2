import { stat } from 'node:fs/promises';
import type { CommandContext } from './command.ts';
import type { Connection } from './connect.ts';

/** A sidecar works by the file as it read it; somebody who has changed it since should know before anything is done. */
export async function warnIfStale(context: CommandContext, { sidecar }: Connection): Promise<void> {
  if (sidecar === undefined || sidecar.config === '') return;
  const file = await stat(sidecar.config).catch(() => undefined);
  if (file === undefined || file.mtimeMs <= Date.parse(sidecar.config_loaded_at)) return;
  context.stderr.write(
    `drainctl: ${sidecar.config} has changed since the sidecar read it, and what it read is what counts; "supervisorctl signal HUP drain" has it read anew\n`,
  );
}
