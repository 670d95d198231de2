import type { TemporaryDirectory } from '../temporary-directory.ts';

/** What of a supervisord is known to differ from another one of the same configuration. */
export interface Identity {
  readonly directory: TemporaryDirectory;
  /** Where clients reach it: supervisord's own address or the sidecar's. */
  readonly serverUrl: string;
}

/** What differs between two equal supervisords that were given the same commands at the same moment, and nothing else. */
const volatile: readonly (readonly [pattern: RegExp, name: string])[] = [
  // supervisorctl status: "pid 4711, uptime 0:00:09"
  [/\bpid \d+, uptime (?:\d+ days?, )?\d+:\d\d:\d\d/g, 'pid PID, uptime UPTIME'],
  // supervisorctl status of what has been stopped: "Nov 21 10:03 PM"
  [/\b[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M\b/g, 'DATE'],
  // Python's repr of process information. 0 is no time and no process, and stays.
  [/'(pid|now|start|stop)': [1-9]\d*/g, "'$1': NUMBER"],
  // supervisorctl pid: a line of its own. 0 means that it does not run, and stays.
  [/^[1-9]\d*$/gm, 'PID'],
  // supervisorctl tells where in itself an exception came up, and Python where an object lies.
  [/\b0x[0-9a-f]{8,}\b/g, 'ADDRESS'],
];

/**
 * What a client printed, without what differs between two equal supervisords: the server's address, the temporary
 * directory, process ids, uptimes and dates. Anything else that differs is a difference.
 */
export function withoutVolatile(text: string, identity: Identity): string {
  const own = text.replaceAll(identity.serverUrl, 'SERVER').replaceAll(identity.directory.path, 'DIRECTORY');
  return volatile.reduce((left, [pattern, name]) => left.replace(pattern, name), own);
}
