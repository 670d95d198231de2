import { type HeaderReading, readHeader } from './event-header.ts';

/**
 * What a peer's `len` counts. supervisord 4 on Python 3 counts code points, although its manual says bytes;
 * supervisord 3 on Python 2 and the Go port count bytes. https://github.com/Supervisor/supervisor/issues/1243
 */
export type LenUnit = 'code points' | 'bytes';

/** Where a payload ends (exclusive), and what that says about the peer; `unit` is undefined where both agree. */
export interface PayloadEnd {
  readonly end: number;
  readonly unit: LenUnit | undefined;
}

/** What is known beside the bytes. */
export interface LenHints {
  /** What this peer was seen to count before. */
  readonly unit: LenUnit | undefined;
  /** True when nothing has arrived for a while: the peer waits for us, so all that it wrote is here. */
  readonly idle: boolean;
}

/**
 * Finds the end of the payload of `len` that starts at `start`; undefined: it can't be told before more bytes come.
 *
 * Where the payload is ASCII both ways of counting agree. Otherwise counting bytes ends earlier, and what follows
 * decides: a reading is right where the next event's header follows, still possible where nothing or the beginning of
 * a header follows, and wrong where anything else does. Code points win a tie.
 */
export function findPayloadEnd(bytes: Buffer, start: number, len: number, hints: LenHints): PayloadEnd | undefined {
  if (bytes.length - start < len) return undefined;
  const byteEnd = start + len;
  const pointsEnd = codePointsEnd(bytes, start, len);
  if (pointsEnd === byteEnd) return { end: byteEnd, unit: undefined };
  const unit = chooseUnit(
    pointsEnd === undefined ? 'unfinished' : readHeader(bytes, pointsEnd).kind,
    splitsCharacter(bytes, start, byteEnd) ? 'no' : readHeader(bytes, byteEnd).kind,
    hints,
  );
  if (unit === 'bytes') return { end: byteEnd, unit };
  return unit === undefined || pointsEnd === undefined ? undefined : { end: pointsEnd, unit };
}

/** What follows the payload under each way of counting decides which is right; undefined: not yet known. */
export function chooseUnit(
  afterPoints: HeaderReading['kind'] | 'unfinished',
  afterBytes: HeaderReading['kind'],
  hints: LenHints,
): LenUnit | undefined {
  if (afterPoints === 'header') return 'code points';
  if (afterBytes === 'header') return 'bytes';
  if (afterBytes === 'no')
    return afterPoints === 'unfinished' ? undefined : pointsUnlessSeenOtherwise(afterPoints, hints);
  if (afterPoints === 'part') return hints.unit ?? (hints.idle ? 'code points' : undefined);
  // A peer that was seen to count code points goes on doing so: the rest of the payload is still to come.
  return hints.unit === 'bytes' || (hints.idle && hints.unit === undefined) ? 'bytes' : undefined;
}

/** Rubbish follows under both readings where `afterPoints` is `no`: then what was seen before decides. */
function pointsUnlessSeenOtherwise(afterPoints: HeaderReading['kind'], hints: LenHints): LenUnit {
  return afterPoints === 'no' ? (hints.unit ?? 'code points') : 'code points';
}

/**
 * The offset after `count` code points of UTF-8 from `start` on; undefined where `bytes` holds fewer. A byte that is
 * not UTF-8 counts as one code point, as it becomes one replacement character.
 */
export function codePointsEnd(bytes: Buffer, start: number, count: number): number | undefined {
  let offset = start;
  for (let points = 0; points < count; points += 1) {
    if (offset >= bytes.length) return undefined;
    const length = sequenceLength(bytes[offset] ?? 0);
    if (length > 1 && offset + length > bytes.length && continues(bytes, offset + 1, bytes.length)) return undefined;
    offset += length > 1 && continues(bytes, offset + 1, offset + length) ? length : 1;
  }
  return offset;
}

/** True where `end` lies within a character, so that no payload can end there. */
function splitsCharacter(bytes: Buffer, start: number, end: number): boolean {
  let lead = end - 1;
  while (lead > start && lead > end - 4 && isContinuation(bytes[lead])) lead -= 1;
  const characterEnd = lead + sequenceLength(bytes[lead] ?? 0);
  return characterEnd > end && continues(bytes, end, Math.min(characterEnd, bytes.length));
}

function continues(bytes: Buffer, from: number, to: number): boolean {
  for (let offset = from; offset < to; offset += 1) if (!isContinuation(bytes[offset])) return false;
  return true;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** By the leading byte. https://www.rfc-editor.org/rfc/rfc3629#section-3 */
function sequenceLength(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 1;
}
