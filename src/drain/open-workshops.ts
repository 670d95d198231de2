import type { Config } from '../config/config.ts';
import type { Log } from '../log.ts';
import type { SidecarServices } from '../pools/pool.ts';
import type { DriverSurroundings } from './driver-surroundings.ts';
import { History } from './history.ts';
import { Journal, spareFolder } from './journal.ts';
import { OwnStops } from './own-stops.ts';
import { poolSurroundings } from './pool-services.ts';
import { RunFiles } from './run-files.ts';
import { SharedLock } from './shared-lock.ts';
import { Targets } from './targets.ts';
import { Ticker } from './ticker.ts';
import { Workshops } from './workshops.ts';
import type { World } from './world.ts';

/** What an engine brings to its workshops. */
export interface WorkshopParts extends Pick<DriverSurroundings, 'lastCommunication' | 'observer'> {
  readonly config: Config;
  readonly world: World;
  readonly log: Log;
  /** What the sidecar lends to drivers; undefined: there is none. */
  readonly lent?: SidecarServices | undefined;
}

/** The workshops of an engine: journal, lock and history are those of the first configuration's `stateDir` for good. */
export function openWorkshops(parts: WorkshopParts): Workshops {
  const { config, world, log, lastCommunication, observer, lent } = parts;
  const journal = new Journal(config.stateDir, log, spareFolder(config.sidecar.socket));
  const shared = {
    world,
    journal,
    lock: new SharedLock(config.stateDir),
    ownStops: new OwnStops(),
    history: new History(config.stateDir, log),
    runFiles: new RunFiles(config.stateDir),
    ticker: new Ticker(),
    log,
  };
  const surroundings = { ...poolSurroundings(world, journal, lent), lastCommunication, observer };
  return new Workshops(config, shared, (given, earlier) => new Targets(given, surroundings, earlier));
}
