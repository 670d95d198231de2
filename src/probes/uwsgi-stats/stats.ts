import * as z from 'zod';

const count = z.int().min(0);
const flag = z.union([z.literal(0), z.literal(1)]);

/** What counts of the document; https://uwsgi-docs.readthedocs.io/en/latest/StatsServer.html shows all. */
const statsSchema = z.object({
  version: z.string(),
  listen_queue: count,
  sockets: z.array(z.object({ queue: count })),
  workers: z
    .array(
      z.object({
        status: z.string().regex(/^(?:idle|busy|cheap|pause|sig\d+)$/),
        // Left out with `stats-no-cores`.
        cores: z
          .array(z.object({ in_request: flag }))
          .min(1)
          .optional(),
      }),
    )
    .min(1),
  spoolers: z.array(z.object({ running: flag })).default([]),
});

/**
 * How much is in flight by a document of uWSGI's stats server: requests at work in the workers' cores, signals that
 * workers handle, tasks of spoolers, and requests that wait for a worker. Throws an Error that says what is wrong with
 * any other text.
 */
export function countBusy(text: string): number {
  const { listen_queue: queue, sockets, workers, spoolers } = parseStats(text);
  const queued = sockets.reduce((sum, socket) => sum + socket.queue, 0);
  const working = workers.reduce((sum, worker) => sum + busyIn(worker), 0);
  const spooling = spoolers.filter(({ running }) => running === 1).length;
  // listen_queue is the longest of the sockets' queues, or older than they are.
  return working + spooling + Math.max(queue, queued);
}

/** A busy worker has at least one in flight, whatever is known of its cores. */
function busyIn({ status, cores = [] }: z.output<typeof statsSchema>['workers'][number]): number {
  const requests = cores.filter((core) => core.in_request === 1).length;
  return Math.max(requests, status === 'busy' || status.startsWith('sig') ? 1 : 0);
}

function parseStats(text: string): z.output<typeof statsSchema> {
  let value: unknown;
  try {
    // uWSGI writes the name of a socket that it inherited as the bytes come, which JSON does not allow.
    value = JSON.parse(text.replace(/[^\P{Cc}\t\n\r]/gu, '\uFFFD'));
  } catch {
    throw new Error("its answer is not uWSGI's statistics as JSON");
  }
  const result = statsSchema.safeParse(value);
  if (result.success) return result.data;
  const wrong = result.error.issues.map(({ path }) => path.join('/') || 'the whole').join(', ');
  throw new Error(`its answer is not the statistics of a uWSGI with workers; wrong or missing: ${wrong}`);
}
