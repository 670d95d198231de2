import type { Config } from '../config/config.ts';
import type { Log } from '../log.ts';
import type { History } from './history.ts';
import type { Journal } from './journal.ts';
import type { OwnStops } from './own-stops.ts';
import type { FindAddress } from './put-back.ts';
import type { RunFiles } from './run-files.ts';
import type { SharedLock } from './shared-lock.ts';
import type { Targets } from './targets.ts';
import type { Ticker } from './ticker.ts';
import type { World } from './world.ts';

/** What every run works with; {@link Workshops} makes one for each configuration. */
export interface Workshop {
  readonly config: Config;
  readonly world: World;
  readonly targets: Targets;
  /** Finds also an address of an earlier configuration, for as long as something is out of it. */
  readonly findAddress: FindAddress;
  readonly journal: Journal;
  readonly lock: SharedLock;
  readonly ownStops: OwnStops;
  readonly history: History;
  readonly runFiles: RunFiles;
  readonly ticker: Ticker;
  readonly log: Log;
}
