/** The line that starts an event. http://supervisord.org/events.html#event-listener-notification-protocol */
export interface EventHeader {
  /** The protocol's version, `3.0`. */
  readonly ver: string;
  /** The identifier of the supervisord that sent it. */
  readonly server: string;
  /** Counts all events of this supervisord. */
  readonly serial: number;
  /** The listener section's name. */
  readonly pool: string;
  /** Counts the events of this pool; a gap means that events were dropped. */
  readonly poolserial: number;
  readonly eventname: string;
  /** How long the payload is: in code points or in bytes, see event-length.ts. */
  readonly len: number;
}

/** What the start of a buffer is. `part`: a header may be on its way, but its end has not come yet. */
export type HeaderReading =
  | { readonly kind: 'header'; readonly header: EventHeader; readonly end: number }
  | { readonly kind: 'part' }
  | { readonly kind: 'no' };

/** Every header starts with this. */
export const headerStart = Buffer.from('ver:');

const newline = 0x0a;
const maxHeaderBytes = 4096;
// An event carries at most what a process logged in one go; more is a damaged number and must not be waited for.
const maxLen = 256 * 1024 * 1024;

const keys = ['ver', 'server', 'serial', 'pool', 'poolserial', 'eventname', 'len'] as const;
const keyPattern = new RegExp(`(?:^| )(${keys.join('|')}):`, 'g');

/** Reads a header from `bytes`, from `start` on. */
export function readHeader(bytes: Buffer, start = 0): HeaderReading {
  const known = Math.min(headerStart.length, bytes.length - start);
  if (bytes.compare(headerStart, 0, known, start, start + known) !== 0) return { kind: 'no' };
  const end = bytes.subarray(start, start + maxHeaderBytes).indexOf(newline);
  if (end === -1) return { kind: bytes.length - start < maxHeaderBytes ? 'part' : 'no' };
  const header = parseHeader(bytes.toString('utf8', start, start + end));
  return header === undefined ? { kind: 'no' } : { kind: 'header', header, end: start + end + 1 };
}

/**
 * The header in a line without its newline; undefined where a key is missing or no number. The order of the keys does
 * not matter, and a value may hold spaces, because an operator may have put one into supervisord's identifier.
 */
export function parseHeader(line: string): EventHeader | undefined {
  const found = [...line.matchAll(keyPattern)];
  const values = new Map(
    found.map((match, index) => [match[1], line.slice(match.index + match[0].length, found[index + 1]?.index)]),
  );
  const text = (key: (typeof keys)[number]) => values.get(key) || undefined;
  const count = (key: (typeof keys)[number]) => wholeNumber(values.get(key));
  const header = {
    ver: text('ver'),
    server: text('server'),
    serial: count('serial'),
    pool: text('pool'),
    poolserial: count('poolserial'),
    eventname: text('eventname'),
    len: count('len'),
  };
  return isComplete(header) && header.len <= maxLen ? header : undefined;
}

function isComplete(header: { [Key in keyof EventHeader]: EventHeader[Key] | undefined }): header is EventHeader {
  return Object.values(header).every((value) => value !== undefined);
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
