import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { DrainctlError } from '../errors.ts';
import type { Log } from '../log.ts';
import {
  countLostEvents,
  EventParser,
  parseEvent,
  type RawEvent,
  readyLine,
  resultOk,
  type SupervisorEvent,
} from '../supervisor/events.ts';

/** What the loop works with. */
export interface EventLoopOptions {
  readonly input: Readable;
  /** Gets the protocol and nothing else: one stray byte, and supervisord sends no event ever again. */
  readonly output: Writable;
  readonly log: Log;
  /** Called after the event was acknowledged; must not block. */
  readonly onEvent: (event: SupervisorEvent) => void;
  /** Events were lost: what is known from events may be wrong. */
  readonly onLoss: (lost: number) => void;
  readonly signal: AbortSignal;
}

/** After this long without a byte, an event whose `len` can be read in two ways is decided on. */
const quietInputMs = 100;

/**
 * The listener's side of supervisord's event protocol: READY, event, RESULT, READY. Every event is acknowledged before
 * it is worked on, because supervisord sends the next one only then, and drops what its buffer can't hold.
 *
 * Resolves when supervisord closes the input, or on abort. http://supervisord.org/events.html#event-listener-notification-protocol
 */
export async function followEvents(options: EventLoopOptions): Promise<void> {
  const { input, output, log, signal } = options;
  const parser = new EventParser((problem) => log.warn('skipped bytes on stdin that are no event', { ...problem }));
  const serials = new SerialWatch(options);
  const acknowledge = (raw: RawEvent) => {
    output.write(resultOk + readyLine);
    serials.see(raw);
    options.onEvent(parseEvent(raw));
  };
  let quiet: NodeJS.Timeout | undefined;
  const take = (chunk: Buffer) => {
    clearTimeout(quiet);
    for (const raw of parser.push(chunk)) acknowledge(raw);
    if (parser.pending) quiet = setTimeout(() => parser.idle().forEach(acknowledge), quietInputMs);
  };
  // Nobody to write to: supervisord has gone, and the input ends as well.
  output.on('error', () => {});
  input.on('data', take);
  output.write(readyLine);
  try {
    await once(input, 'end', { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearTimeout(quiet);
    input.off('data', take);
  }
}

/** Notices events that supervisord dropped. */
class SerialWatch {
  readonly #options: EventLoopOptions;
  #last: number | undefined;

  constructor(options: EventLoopOptions) {
    this.#options = options;
  }

  see(raw: RawEvent): void {
    const { poolserial } = raw.header;
    const lost = countLostEvents(this.#last, poolserial);
    this.#last = poolserial;
    if (lost > 0) this.#options.onLoss(lost);
  }
}

/** Counts down to the moment when the ticks have been missing for too long. */
export class TickWatch {
  readonly #onSilence: (error: DrainctlError) => void;
  readonly #timer: NodeJS.Timeout;
  #missed = 0;

  /** `onSilence` is called once, when no tick has come for `limit` intervals of `intervalMs`. */
  constructor(intervalMs: number, limit: number, onSilence: (error: DrainctlError) => void) {
    this.#onSilence = onSilence;
    // Counted in intervals that this process was awake for: after a suspended machine or a SIGSTOP nothing was missed.
    this.#timer = setInterval(() => this.#interval(limit, intervalMs), intervalMs);
    this.#timer.unref();
  }

  tick(): void {
    this.#missed = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #interval(limit: number, intervalMs: number): void {
    this.#missed += 1;
    if (this.#missed < limit) return;
    this.stop();
    this.#onSilence(
      new DrainctlError(
        'EVENTS_STOPPED',
        `supervisord has sent no TICK event for ${(limit * intervalMs) / 1_000} s, so it sends no events at all.`,
        {
          hint: 'The listener ends, and supervisord starts it anew. If this comes back, see that its section has TICK_5 in "events" and nothing else writes to its stdout.',
        },
      ),
    );
  }
}
