import type { EngineObserver } from '../drain/observer.ts';
import type { SupervisorEvent } from '../supervisor/events.ts';

/** Is told what happens in the sidecar, as it happens; it must neither throw nor block. */
export interface SidecarObserver extends EngineObserver {
  onEvent(event: SupervisorEvent): void;
  /** supervisord dropped so many events. */
  onEventsLost(lost: number): void;
  /** supervisord was asked what it runs; `succeeded`: it told. */
  onReconciled(succeeded: boolean): void;
}
