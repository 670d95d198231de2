import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { sleep } from '../../time.ts';

/** A file as it was at one moment. */
export interface WholeFile {
  readonly text: string;
  /** When it was last written, milliseconds since 1970. */
  readonly writtenAtMs: number;
}

/** 64 KiB: a number is short. */
const maxBytes = 64 * 1024;

/** A file that was written this long ago is not being written: a write takes less, and the clock of a file system ticks within. */
const settledAfterMs = 20;

/** Then whoever writes it does so all the time. */
const attempts = 5;

/**
 * Reads a file as a whole, never one that is half written. A file that changes while it is read, or that was written just
 * now and is another one at a second look, is read again. Rejects with an Error that says why in a few words, with the
 * code of the system (`ENOENT`) where it has one.
 */
export async function readWhole(path: string, signal: AbortSignal): Promise<WholeFile> {
  let previous: Reading | undefined;
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await sleep(settledAfterMs, signal);
    const reading = await read(path);
    if (reading !== undefined && (isSettled(reading) || isSame(reading, previous))) return reading;
    previous = reading;
  }
  throw new Error('it changes while it is read');
}

interface Reading extends WholeFile {
  /** Just before it was opened. */
  readonly readAtMs: number;
  /** By another file in the meantime, so that nobody writes to this one any more. */
  readonly isReplaced: boolean;
}

/** By the wall clock, because the file's own time is: where the two disagree, it is read twice. */
function isSettled({ writtenAtMs, readAtMs, isReplaced }: Reading): boolean {
  const ageMs = readAtMs - writtenAtMs;
  return isReplaced || ageMs > settledAfterMs;
}

function isSame(reading: Reading, previous: Reading | undefined): boolean {
  return reading.text === previous?.text && reading.writtenAtMs === previous.writtenAtMs;
}

/** Undefined where it changed while it was read. */
async function read(path: string): Promise<Reading | undefined> {
  const readAtMs = Date.now();
  // A pipe would otherwise wait for whoever writes to it.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const before = await file.stat();
    if (!before.isFile()) throw new Error('it is no regular file');
    const bytes = await readAll(file);
    const after = await file.stat();
    const isWhole = after.mtimeMs === before.mtimeMs && after.size === before.size && bytes.length === after.size;
    if (!isWhole) return undefined;
    return {
      text: bytes.toString('utf8'),
      writtenAtMs: after.mtimeMs,
      readAtMs,
      isReplaced: after.nlink === 0,
    };
  } finally {
    await file.close();
  }
}

async function readAll(file: FileHandle): Promise<Buffer> {
  const buffer = Buffer.alloc(maxBytes + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    length += bytesRead;
    if (length > maxBytes) throw new Error(`it is longer than ${maxBytes} bytes`);
    if (bytesRead === 0) return buffer.subarray(0, length);
  }
}
