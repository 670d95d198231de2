import type { LenUnit } from '../../../src/supervisor/event-length.ts';
import { EventParser, type EventProblem, type RawEvent } from '../../../src/supervisor/events.ts';

/** An event as supervisord writes it, `len` counted in `unit`. */
export function eventBytes(
  payload: string,
  options: { eventname?: string; poolserial?: number; unit?: LenUnit; server?: string } = {},
): Buffer {
  const { eventname = 'PROCESS_STATE_RUNNING', poolserial = 10, unit = 'code points', server = 'supervisor' } = options;
  const len = unit === 'bytes' ? Buffer.byteLength(payload) : [...payload].length;
  const header = `ver:3.0 server:${server} serial:21 pool:drain poolserial:${poolserial} eventname:${eventname} len:${len}`;
  return Buffer.from(`${header}\n${payload}`);
}

/** The payload of a process that runs. */
export function runningPayload(name: string): string {
  return `processname:${name} groupname:${name} from_state:STARTING pid:2766`;
}

/** What a parser makes of chunks, with a quiet moment at the end. */
export function parseChunks(chunks: readonly Buffer[]): { events: RawEvent[]; problems: EventProblem[] } {
  const problems: EventProblem[] = [];
  const parser = new EventParser((problem) => problems.push(problem));
  const events = chunks.flatMap((chunk) => parser.push(chunk));
  return { events: [...events, ...parser.idle()], problems };
}

/** `bytes` cut at `offsets`. */
export function cutAt(bytes: Buffer, offsets: readonly number[]): Buffer[] {
  const borders = [0, ...[...new Set(offsets)].sort((a, b) => a - b), bytes.length];
  return borders.slice(1).map((end, index) => bytes.subarray(borders[index], end));
}
