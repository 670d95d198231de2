import type { Log } from '../../../src/log.ts';

/** A log that keeps what it is told: `warn: the disk is full`. */
export interface RecordingLog extends Log {
  readonly lines: string[];
  /** The messages of one level. */
  messages(level: keyof Log): string[];
}

/** Makes a {@link RecordingLog}. */
export function recordingLog(): RecordingLog {
  const lines: string[] = [];
  const write = (level: keyof Log) => (message: string) => {
    lines.push(`${level}: ${message}`);
  };
  return {
    lines,
    messages: (level) =>
      lines.filter((line) => line.startsWith(`${level}: `)).map((line) => line.slice(level.length + 2)),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
}
