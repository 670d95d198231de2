import type { Config } from '../config/config.ts';
import type { Log } from '../log.ts';
import type { History } from './history.ts';
import type { Journal } from './journal.ts';
import type { OwnStops } from './own-stops.ts';
import type { SharedLock } from './shared-lock.ts';
import type { Targets } from './targets.ts';
import type { Ticker } from './ticker.ts';
import type { World } from './world.ts';

/** What every run works with. */
export interface Workshop {
  readonly config: Config;
  readonly world: World;
  readonly targets: Targets;
  readonly journal: Journal;
  readonly lock: SharedLock;
  readonly ownStops: OwnStops;
  readonly history: History;
  readonly ticker: Ticker;
  readonly log: Log;
}
