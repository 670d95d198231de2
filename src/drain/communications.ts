import type { SupervisorEvent } from '../supervisor/events.ts';
import type { ProcessName } from '../supervisor/process.ts';

/** What each process last printed between supervisord's communication marks. Only the sidecar hears of it. */
export class Communications {
  readonly #texts = new Map<ProcessName, string>();

  /** Takes in an event; what a process said before its start was another process's. */
  hear(event: SupervisorEvent): void {
    if (event.kind === 'process_communication') this.#texts.set(event.fullName, event.data);
    if (event.kind === 'process_state' && event.state !== 'RUNNING' && event.state !== 'STOPPING')
      this.#texts.delete(event.fullName);
  }

  /** Undefined: nothing since its start. */
  last(process: ProcessName): string | undefined {
    return this.#texts.get(process);
  }
}
