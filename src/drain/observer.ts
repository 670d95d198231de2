import type { ErrorCode } from '../errors.ts';
import type { RunDocument } from './api.ts';

/** A call to one address of a pool that failed. */
export interface PoolFailure {
  readonly pool: string;
  readonly address: string;
  readonly code: ErrorCode;
}

/** Is told what happens in an engine, as it happens; it must neither throw nor block. */
export interface EngineObserver {
  /** A run has ended, well or not; of the sidecar's own too. */
  onRunEnded(run: RunDocument): void;
  /** A round trip failed; one that was cancelled did not. */
  onPoolFailure(failure: PoolFailure): void;
}
