import type { JournalContent } from './journal-file.ts';
import type { Run } from './run.ts';
import type { Snapshot } from './snapshot.ts';
import type { SupervisorContact } from './world.ts';

/** All that an engine knows at this moment, from memory: nobody is asked, and nothing is waited for. */
export interface EngineView {
  /** What supervisord ran when it last answered; undefined: it never did. */
  readonly snapshot: Snapshot | undefined;
  readonly contact: SupervisorContact;
  /** Undefined: it was not read yet. */
  readonly journal: JournalContent | undefined;
  /** The runs that are under way, those that wait for their turn not among them. */
  readonly runs: readonly Pick<Run, 'id' | 'action' | 'progress'>[];
  /** True from the moment that supervisord is known to be stopping as a whole, to the end of this process. */
  readonly supervisordStops: boolean;
}
