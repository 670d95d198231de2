import type { WaitDocument } from '../drain/api.ts';
import { sayDuration } from '../drain/wording.ts';
import { extensionOf, isDue, type SentMessage } from '../systemd/extension.ts';
import { ServiceNotifier } from '../systemd/notify.ts';
import { Deadline, monotonicMs } from '../time.ts';
import type { CommandContext } from './command.ts';
import type { RunObserver } from './follow.ts';
import { statusText } from './service-status.ts';
import { printable } from './table.ts';

/** How often it wants to hear of a run, so that the text of a second ago is never the latest. */
const intervalMs = 1_000;

/**
 * Tells systemd how far a shutdown is, and has it wait as long as there is progress: it is told of it only by those who
 * still get answers. Each stage has a limit; when that has passed it is told no more to wait. Nothing outside of systemd.
 */
export class ServiceProgress {
  readonly #notifier: ServiceNotifier;
  readonly #warn: (message: string) => void;
  readonly #startedAtMs = monotonicMs();
  #stage = '';
  #limit = new Deadline(0);
  #isSpent = false;
  #sent: SentMessage | undefined;
  #hasTold = false;

  constructor(context: CommandContext) {
    this.#warn = (message) => context.stderr.write(`drainctl: ${message}\n`, 'warning');
    this.#notifier = new ServiceNotifier(context.env, this.#warn);
  }

  /** True where somebody is told. */
  get isWanted(): boolean {
    return this.#notifier.isWanted;
  }

  /** Begins a stage that may take `limitMs`, and tells of it at once: systemd's time-out may be a few seconds only. */
  begin(stage: string, limitMs: number): void {
    this.#stage = stage;
    this.#limit = new Deadline(limitMs);
    this.#isSpent = false;
    this.#sent = undefined;
    this.stillWaits();
  }

  /** The stage goes on, and is neither over nor stuck. */
  stillWaits(): void {
    this.#tell(`${this.#stage}: ${sayDuration(this.#limit.elapsedMs)}`);
  }

  /** Follows a run that is called `title`; `ended` is what becomes of its processes. */
  ofRun(title: string, ended: string): RunObserver {
    const show = ({ processes }: WaitDocument) => {
      this.#tell(statusText(processes, monotonicMs() - this.#startedAtMs, { title, ended }));
    };
    return { intervalMs: this.isWanted ? intervalMs : Number.POSITIVE_INFINITY, show };
  }

  /**
   * Leaves the outcome behind as the service's status, unless there was nothing to tell: ExecStopPost= must not hide how
   * ExecStop= ended. Resolves when systemd has it, or after some seconds.
   */
  async end(outcome: string): Promise<void> {
    if (!this.#hasTold) return;
    this.#notifier.notify({ status: printable(outcome), extendMs: 0 });
    await this.#notifier.flush();
  }

  #tell(text: string): void {
    const nowMs = monotonicMs();
    if (!this.isWanted || !isDue(this.#sent, text, nowMs)) return;
    this.#sent = { atMs: nowMs, text };
    this.#hasTold = true;
    const extendMs = extensionOf(this.#limit.elapsedMs, this.#limit.ms);
    if (extendMs === 0) this.#sayItIsSpent();
    this.#notifier.notify({ status: extendMs === 0 ? `${text}; systemd is asked for no more time` : text, extendMs });
  }

  #sayItIsSpent(): void {
    if (this.#isSpent) return;
    this.#isSpent = true;
    this.#warn(
      `${this.#stage} takes longer than the ${sayDuration(this.#limit.ms)} that it can take at worst; systemd is asked for no more time, and goes on when its time-out (TimeoutStopSec=) has passed`,
    );
  }
}
