import { destination, pino } from 'pino';
import type { Log, LogFields, LogLevel } from '../log.ts';
import { withTimeout } from '../time.ts';

/** Names whose values never reach a log, down to the third level; nothing that we log is deeper. */
const secrets = ['', '*.', '*.*.'].flatMap((where) =>
  ['password', 'authorization', 'token'].map((name) => where + name),
);

const flushLimitMs = 1_000;

/** What can't be written (a full disk) is kept up to here and tried again with the next line; more is lost. */
const backlogBytes = 1024 * 1024;

/** A log that can be written out before the process ends. */
export interface JsonLog extends Log {
  /** From now on. */
  setLevel(level: LogLevel): void;
  /** Resolves when all of it is written, or after a second: it may be that nobody reads it. */
  flush(): Promise<void>;
}

/**
 * JSON lines on stderr; stdout belongs to the event protocol. Written in the background: a stderr that nobody reads
 * (supervisord is stopped, say) must not stop the drain.
 */
export function createJsonLog(level: LogLevel): JsonLog {
  // One byte is the least to gather; a stream that gathers nothing has a flush() that does not wait.
  const stream = destination({ dest: 2, sync: false, minLength: 1, maxLength: backlogBytes });
  stream.on('error', () => {}); // A log that can't be written is no reason to fail.
  // It is called when the process exits, and tries for ever where the disk is full; what is to be written flush() has written.
  stream.flushSync = () => {};
  const timestamp = () => `,"time":"${new Date().toISOString()}"`;
  const formatters = { level: (label: string) => ({ level: label }) };
  const logger = pino({ level, redact: secrets, timestamp, formatters }, stream);
  const write =
    (method: LogLevel) =>
    (message: string, fields: LogFields = {}) =>
      logger[method](fields, message);
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    setLevel(next) {
      logger.level = next;
    },
    async flush() {
      // Not flushSync(): that would overtake a line which is being written, and wait for ever where nobody reads.
      const written = new Promise<void>((done) => stream.flush(() => done()));
      await withTimeout(
        flushLimitMs,
        undefined,
        () => new Error('nobody reads the log'),
        () => written,
      ).catch(() => {});
    },
  };
}
