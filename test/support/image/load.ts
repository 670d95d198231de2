import { loadProgramInside } from '../container/software.ts';
import type { LoadOptions, LoadResult } from '../load.ts';
import { waitFor } from '../wait-for.ts';
import type { RunningContainer } from './image.ts';

/** What came of a load so far. */
export interface LoadInside extends LoadResult {
  /** Answers with status 2xx by server's name. */
  readonly answers: Readonly<Record<string, number>>;
  /** False until it has ended in order. */
  readonly ended: boolean;
}

const name = 'steady';

/** The file by which a container knows what to send; one of its `files`. */
export function loadFile(options: LoadOptions): Record<string, string> {
  return { [`/etc/load/${name}.json`]: JSON.stringify(options) };
}

/** Starts to send what `loadFile` said, and resolves when all of these servers have answered. */
export async function startLoadInside(
  container: RunningContainer,
  servers: readonly string[],
): Promise<{ result(): LoadInside; stop(): Promise<LoadInside> }> {
  const load = container.spawnBeside('node', loadProgramInside, name);
  const result = () => JSON.parse(container.read(`/var/lib/load/${name}.json`)) as LoadInside; // as: what load.mjs writes
  await waitFor(() => servers.every((server) => (result().answers[server] ?? 0) > 0), {
    what: `answers of ${servers.join(', ')}`,
    timeoutMs: 20_000,
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${load.stderr}`, { cause: error });
  });
  return {
    result,
    async stop() {
      load.kill('SIGTERM');
      await waitFor(() => result().ended, { what: 'the end of the load', timeoutMs: 20_000 });
      return result();
    },
  };
}
