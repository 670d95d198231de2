import { DrainctlError } from '../errors.ts';
import type { PoolServices } from '../pools/pool.ts';
import type { ProcessName } from '../supervisor/process.ts';
import { monotonicMs } from '../time.ts';
import type { EngineObserver } from './observer.ts';

/** What pools and probes are opened with. */
export interface DriverSurroundings {
  readonly services: Omit<PoolServices, 'takenOutAt'>;
  /** As {@link PoolServices.takenOutAt}, of any pool. */
  readonly takenOutAt: (pool: string, address: string, label: string) => number | undefined;
  /** What a process last said through supervisord; undefined: nothing. */
  readonly lastCommunication: (process: ProcessName) => string | undefined;
  /** Told of every call to a pool that fails. */
  readonly observer?: Pick<EngineObserver, 'onPoolFailure'> | undefined;
}

/**
 * For those who only look: nothing that they open may change anything. `pids` are those of supervisord's processes, `takenOutAt`
 * tells what the journal says.
 */
export function lookOnly(
  pids: ReadonlyMap<ProcessName, number>,
  takenOutAt: DriverSurroundings['takenOutAt'] = () => undefined,
): DriverSurroundings {
  return {
    services: {
      async signalProcess() {
        throw new DrainctlError('INTERNAL', 'a signal was to be sent where nothing may be changed');
      },
      processPids: async () => pids,
      journalIsRead: () => true,
      healthChecks: { sinceMs: monotonicMs(), of: () => [] },
      agentChecks: 'elsewhere',
    },
    takenOutAt,
    lastCommunication: () => undefined,
  };
}

/** What the drivers of one pool may use. */
export function servicesFor(pool: string, { services, takenOutAt }: DriverSurroundings): PoolServices {
  return { ...services, takenOutAt: (address, label) => takenOutAt(pool, address, label) };
}
