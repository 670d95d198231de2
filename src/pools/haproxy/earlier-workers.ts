/** What `show info` says of the worker that answers on the socket. */
export interface WorkerInfo {
  readonly pid: number;
  readonly uptimeMs: number;
}

/** What workers from before a reload still have in flight, by `backend/server`; or why that can't be told. */
export type EarlierWork =
  | { readonly known: true; readonly inFlight: ReadonlyMap<string, number> }
  | { readonly known: false; readonly why: string };

/**
 * Counts what the runtime socket can't: a reload gives the socket to a new worker, while the old one goes on with the
 * streams it has.
 */
export interface EarlierWorkers {
  /** `current` has just answered on the runtime socket. Rejects only with the signal's reason. */
  work(current: WorkerInfo, signal: AbortSignal): Promise<EarlierWork>;
}

/** No earlier worker has anything. */
export const noEarlierWork: EarlierWork = { known: true, inFlight: new Map() };

/** The worker that a `show info` text tells of; undefined where it has no process id. Management guide, 9.3. */
export function parseWorkerInfo(text: string): WorkerInfo | undefined {
  const pid = numberOf(text, 'Pid');
  if (pid === undefined || pid === 0) return undefined;
  return { pid, uptimeMs: (numberOf(text, 'Uptime_sec') ?? 0) * 1000 };
}

function numberOf(text: string, name: string): number | undefined {
  const value = new RegExp(`^${name}: (\\d{1,12})$`, 'm').exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}
