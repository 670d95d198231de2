import type { SidecarServices } from '../pools/pool.ts';
import { isAlive } from '../supervisor/process.ts';
import { isSilent } from '../supervisor/silent.ts';
import type { DriverSurroundings } from './driver-surroundings.ts';
import type { Journal } from './journal.ts';
import { isSameEntry } from './journal-file.ts';
import type { World } from './world.ts';

/** What the engine lends to the drivers of pools. */
export function poolSurroundings(
  world: World,
  journal: Journal,
  lent: SidecarServices = {},
): Pick<DriverSurroundings, 'services' | 'takenOutAt'> {
  return {
    services: {
      ...lent,
      journalIsRead: () => journal.seen !== undefined,
      async signalProcess(process, signalName, signal) {
        try {
          await world.supervisor.signalProcess(process, signalName, signal);
        } catch (error) {
          if (!isSilent(error) || !(await world.signalChild(process, signalName))) throw error;
        }
      },
      async processPids(signal) {
        const { infos } = await world.best(signal);
        return new Map(infos.map(({ fullName, pid, state }) => [fullName, knownPid(pid, isAlive(state))]));
      },
    },
    takenOutAt: (pool, address, label) => {
      const entry = journal.seen?.entries.find((each) => isSameEntry(each, { ...each, pool, address, label }));
      return entry === undefined ? undefined : Date.parse(entry.at);
    },
  };
}

/** While supervisord shuts down, a process may be known to live and its pid not. */
function knownPid(pid: number, isAlive: boolean): number | undefined {
  return isAlive && pid === 0 ? undefined : pid;
}
