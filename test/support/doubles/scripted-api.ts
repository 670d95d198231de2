import type {
  DrainApi,
  PlanDocument,
  RunAction,
  RunDocument,
  RunOptions,
  StatusDocument,
  VersionDocument,
  WaitDocument,
} from '../../../src/drain/api.ts';
import { endedDocument, processStatusDocument, runDocument, statusDocument } from './documents.ts';

/** An engine that does nothing: it keeps what it was asked, and gives the answers of a test. */
export class ScriptedApi implements DrainApi {
  /** Each call with its arguments: `['start', 'stop', ['web:*'], {}]`. */
  readonly calls: (readonly unknown[])[] = [];
  version: VersionDocument = {
    version: '1.2.3',
    pid: 4711,
    config: '/etc/drainctl.yaml',
    started_at: '2026-01-02T03:04:05.000Z',
    config_loaded_at: '2026-01-02T03:04:05.000Z',
  };
  status: StatusDocument = statusDocument([processStatusDocument()]);
  plan: PlanDocument = { action: 'stop', worst_case_ms: 0, steps: [] };
  history: readonly RunDocument[] = [runDocument()];
  /** The answers to `wait`, one after the other; the last one stays. */
  waits: readonly WaitDocument[] = [endedDocument(runDocument())];
  cancels = true;
  /** What every call rejects with. */
  failure: Error | undefined;

  async getVersion(): Promise<VersionDocument> {
    return this.#answer(['getVersion'], this.version);
  }

  async getStatus(): Promise<StatusDocument> {
    return this.#answer(['getStatus'], this.status);
  }

  async getPlan(action: RunAction, names: readonly string[], options: RunOptions): Promise<PlanDocument> {
    return this.#answer(['getPlan', action, names, options], this.plan);
  }

  async getHistory(limit: number): Promise<readonly RunDocument[]> {
    return this.#answer(['getHistory', limit], this.history);
  }

  async start(action: RunAction, names: readonly string[], options: RunOptions): Promise<string> {
    return this.#answer(['start', action, names, options], 'run-1');
  }

  async wait(runId: string, since: number, timeoutMs: number): Promise<WaitDocument> {
    const [answer = endedDocument(runDocument()), ...later] = this.waits;
    if (later.length > 0) this.waits = later;
    return this.#answer(['wait', runId, since, timeoutMs], answer);
  }

  async cancel(runId: string): Promise<boolean> {
    return this.#answer(['cancel', runId], this.cancels);
  }

  #answer<T>(call: readonly unknown[], answer: T): T {
    this.calls.push(call);
    if (this.failure !== undefined) throw this.failure;
    return answer;
  }
}
