import { type EventHeader, headerStart, readHeader } from './event-header.ts';
import { findPayloadEnd, type LenUnit } from './event-length.ts';

/** One event as it came, its payload not yet taken apart. */
export interface RawEvent {
  readonly header: EventHeader;
  readonly payload: string;
}

/** Bytes that were no event and were skipped. */
export interface EventProblem {
  readonly skippedBytes: number;
  /** The first of them as text, for the log. */
  readonly sample: string;
}

const sampleBytes = 60;

/**
 * Cuts what supervisord writes to a listener's stdin into events, whatever the borders of the chunks. What is no event
 * is skipped up to the next header and told to `onProblem`.
 *
 * Call {@link idle} when nothing has arrived for a while (100 ms is plenty: supervisord writes an event in one go, and
 * then waits for our answer): a payload whose `len` may count bytes or code points is then decided on.
 */
export class EventParser {
  readonly #onProblem: (problem: EventProblem) => void;
  #bytes: Buffer = Buffer.alloc(0);
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** The header was read, and the payload starts at the start of the buffer. */
  #header: EventHeader | undefined;
  #unit: LenUnit | undefined;
  #skippedBytes = 0;
  #sample: Buffer = Buffer.alloc(0);

  constructor(onProblem: (problem: EventProblem) => void = () => {}) {
    this.#onProblem = onProblem;
  }

  /** True while part of an event is here and the rest is not, so that {@link idle} may be needed. */
  get pending(): boolean {
    return this.#header !== undefined || this.#bytes.length + this.#waitingBytes > 0;
  }

  /** The events that are complete with this chunk. */
  push(chunk: Buffer): RawEvent[] {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    // A long payload comes in many chunks; joining them only once there are enough keeps this linear.
    if (this.#header !== undefined && this.#bytes.length + this.#waitingBytes < this.#header.len) return [];
    return this.#take(false);
  }

  /** Nothing has arrived for a while: the event that is complete under one way of counting, if any. */
  idle(): RawEvent[] {
    const events = this.#take(true);
    this.#reportSkipped();
    return events;
  }

  #take(idle: boolean): RawEvent[] {
    this.#bytes = this.#waiting.length === 0 ? this.#bytes : Buffer.concat([this.#bytes, ...this.#waiting]);
    this.#waiting = [];
    this.#waitingBytes = 0;
    const events: RawEvent[] = [];
    while (this.#takeHeader()) {
      const payload = this.#takePayload(idle);
      if (payload === undefined) break;
      events.push(payload);
    }
    return events;
  }

  /** Reads the next header, skipping what is none; false where there is none yet. */
  #takeHeader(): boolean {
    while (this.#header === undefined) {
      const reading = readHeader(this.#bytes);
      if (reading.kind === 'part') return false;
      if (reading.kind === 'no') {
        this.#skip(nextHeaderStart(this.#bytes));
      } else {
        this.#reportSkipped();
        this.#header = reading.header;
        this.#bytes = this.#bytes.subarray(reading.end);
      }
    }
    return true;
  }

  #takePayload(idle: boolean): RawEvent | undefined {
    const header = this.#header;
    if (header === undefined) return undefined;
    const found = findPayloadEnd(this.#bytes, 0, header.len, { unit: this.#unit, idle });
    if (found === undefined) return undefined;
    this.#unit = found.unit ?? this.#unit;
    const payload = this.#bytes.toString('utf8', 0, found.end);
    this.#bytes = this.#bytes.subarray(found.end);
    this.#header = undefined;
    return { header, payload };
  }

  #skip(count: number): void {
    const room = sampleBytes - this.#sample.length;
    this.#sample = Buffer.concat([this.#sample, this.#bytes.subarray(0, Math.min(room, count))]);
    this.#skippedBytes += count;
    this.#bytes = this.#bytes.subarray(count);
  }

  #reportSkipped(): void {
    if (this.#skippedBytes === 0) return;
    this.#onProblem({ skippedBytes: this.#skippedBytes, sample: this.#sample.toString('utf8') });
    this.#skippedBytes = 0;
    this.#sample = Buffer.alloc(0);
  }
}

/** How many bytes to skip until a header may start: at least one, unless there are none. */
function nextHeaderStart(bytes: Buffer): number {
  const whole = bytes.indexOf(headerStart, 1);
  if (whole !== -1) return whole;
  for (let kept = Math.min(headerStart.length, bytes.length) - 1; kept > 0; kept -= 1) {
    if (bytes.subarray(bytes.length - kept).equals(headerStart.subarray(0, kept))) return bytes.length - kept;
  }
  return bytes.length;
}
