import { destination, pino } from 'pino';
import type { Log, LogFields, LogLevel } from '../log.ts';

/** Names whose values never reach a log, wherever they stand. */
const secrets = ['password', 'authorization', 'token', '*.password', '*.authorization', '*.token'];

/** A log that can be written out before the process ends. */
export interface JsonLog extends Log {
  flush(): void;
}

/**
 * JSON lines on stderr; stdout belongs to the event protocol. Written in the background: a stderr that nobody reads
 * (supervisord is stopped, say) must not stop the drain.
 */
export function createJsonLog(level: LogLevel): JsonLog {
  const stream = destination({ dest: 2, sync: false });
  stream.on('error', () => {}); // A log that can't be written is no reason to fail.
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
    flush() {
      try {
        stream.flushSync();
      } catch {
        // Nobody reads it: see above.
      }
    },
  };
}
