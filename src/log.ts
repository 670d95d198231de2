/** Facts that go with a log line; JSON values only. Never put a password or a header in here. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where messages for the operator go. The sidecar writes JSON lines (pino), the command line plain text. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** The levels that `log.level` in the configuration takes, from most to least. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];

/** Says nothing; for callers that have nobody to tell. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
