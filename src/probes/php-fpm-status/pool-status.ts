import * as z from 'zod';

const count = z.int().min(0);

/** What counts of the page; https://www.php.net/manual/en/fpm.status.php has all. */
const pageSchema = z.object({
  pool: z.string(),
  'listen queue': count,
  'idle processes': count,
  'active processes': count,
  'total processes': count,
  processes: z.array(z.object({ state: z.string().min(1), 'request uri': z.string() })),
});

/**
 * How much is in flight by a page of php-fpm with `json` and `full`: processes at work, and requests that wait for
 * one. Our own request is the one that has `mark` in its URI. It is left out where it is there; through
 * `pm.status_listen` other processes answer, and it is not. Throws an Error that says what is wrong with any other text.
 *
 * The list and the numbers are not of the same moment, so the higher one counts.
 */
export function countBusy(page: string, mark: string): number {
  const status = parsePage(page);
  const busy = status.processes.filter(({ state }) => state !== 'Idle');
  const own = busy.filter((each) => each['request uri'].includes(mark)).length;
  if (own > 1) throw new Error('its page has the request that asks for it more than once');
  if (status.processes.length < status['active processes'])
    throw new Error(`its list has ${status.processes.length} processes, and ${status['active processes']} are active`);
  return Math.max(0, busy.length - own, status['active processes'] - own) + status['listen queue'];
}

function parsePage(page: string): z.output<typeof pageSchema> {
  let value: unknown;
  try {
    value = JSON.parse(page);
  } catch {
    throw new Error("its answer is not php-fpm's status as JSON");
  }
  const result = pageSchema.safeParse(value);
  if (result.success) return result.data;
  const wrong = result.error.issues.map(({ path }) => path.join('/') || 'the whole').join(', ');
  throw new Error(`its answer is not php-fpm's status with the list of processes; wrong or missing: ${wrong}`);
}
