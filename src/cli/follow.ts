import type { DrainApi, RunDocument, WaitDocument } from '../drain/api.ts';
import type { CommandContext } from './command.ts';
import { progressView } from './live.ts';

/** What a signal does to the run that is followed; a closed terminal (SIGHUP) cancels it, or does nothing. */
export type OnSignal = 'cancel' | 'leave';

/** Somebody else who wants to hear how a run goes. */
export interface RunObserver {
  show(document: WaitDocument): void;
  /** At least this often. */
  readonly intervalMs: number;
}

/** Thrown when a signal told us to stop following a run that goes on. */
export class LeftRun extends Error {
  override readonly name = 'LeftRun';
  readonly runId: string;

  constructor(runId: string) {
    super(`left run ${runId}`);
    this.runId = runId;
  }
}

/**
 * Shows a run until it has ended, and gives its result. SIGINT or SIGTERM cancels it, or leaves it, as `onSignal` says; a
 * second one always leaves at once, with a {@link LeftRun}. SIGHUP may cancel but never leaves: it comes twice when a
 * terminal is closed, and asks for nothing to be left half-done. An `observer` is shown the same.
 */
export async function followRun(
  context: CommandContext,
  api: DrainApi,
  runId: string,
  onSignal: OnSignal,
  observer?: RunObserver,
): Promise<RunDocument> {
  const view = progressView(context);
  const watch = new SignalWatch(runId, onSignal, () => {
    view.end();
    context.stderr.write('drainctl: cancelling; what was taken out is put back. A second signal leaves at once.\n');
    api.cancel(runId).catch(() => {});
  });
  try {
    const intervalMs = Math.min(view.intervalMs, observer?.intervalMs ?? Number.POSITIVE_INFINITY);
    let since = 0;
    for (;;) {
      const document = await Promise.race([api.wait(runId, since, intervalMs), watch.left]);
      since += document.steps.length;
      view.show(document.steps, document.processes);
      observer?.show(document);
      if (document.result[0] !== undefined) return document.result[0];
    }
  } finally {
    view.end();
    watch.end();
  }
}

/** SIGHUP: the terminal was closed. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

class SignalWatch {
  readonly left: Promise<never>;
  readonly #policy: OnSignal;
  readonly #onSignal: (signal: NodeJS.Signals) => void;

  constructor(runId: string, policy: OnSignal, cancel: () => void) {
    let leave: (error: LeftRun) => void = () => {};
    this.left = new Promise((_, reject) => {
      leave = reject;
    });
    this.left.catch(() => {});
    this.#policy = policy;
    let isFirst = policy === 'cancel';
    this.#onSignal = (signal) => {
      if (isFirst) cancel();
      else if (signal !== 'SIGHUP') leave(new LeftRun(runId));
      isFirst = false;
    };
    for (const name of signals) process.on(name, this.#onSignal);
  }

  /** A signal that comes too late to cancel must not take the place of the exit status: there is only that left to give. */
  end(): void {
    for (const name of signals) {
      process.off(name, this.#onSignal);
      if (this.#policy === 'cancel') process.on(name, ignore);
    }
  }
}

function ignore(): void {}
