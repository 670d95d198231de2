import { closeSync, type FSWatcher, openSync, readdirSync, readlinkSync, readSync, statSync, watch } from 'node:fs';

/** How a line of supervisord's own log begins: `2026-01-31 03:12:20,093 INFO `. */
const logLine = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]{4} /;
const longestHead = 64;

/**
 * The file that supervisord logs to, found among those that it has open (proc(5), /proc/pid/fd): its log is opened before
 * any program's. Undefined: it logs to a terminal or a pipe, or we may not look.
 */
export function findSupervisordLog(pid: number): string | undefined {
  const folder = `/proc/${pid}/fd`;
  return orUndefined(() => readdirSync(folder))
    ?.sort((a, b) => Number(a) - Number(b))
    .map((number) => orUndefined(() => readlinkSync(`${folder}/${number}`)))
    .find((path) => path !== undefined && orUndefined(() => isLog(path)) === true);
}

/** What `read` gives; undefined where it throws: what was there a moment ago may be closed or removed by now. */
export function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function isLog(path: string): boolean {
  if (!path.startsWith('/') || !statSync(path).isFile()) return false;
  const head = Buffer.alloc(longestHead);
  const file = openSync(path, 'r');
  try {
    return logLine.test(head.toString('latin1', 0, readSync(file, head, 0, longestHead, 0)));
  } finally {
    closeSync(file);
  }
}

/**
 * Calls `onLine` whenever something is written to the file; `onEnd` once, when it is renamed or removed, as log rotation
 * does. Gives what ends the watch. inotify(7): nothing is asked while nothing happens.
 */
export function watchLog(path: string, onLine: () => void, onEnd: () => void): () => void {
  const watcher: FSWatcher = watch(path, { persistent: false }, (kind) => {
    if (kind === 'change') return onLine();
    watcher.close();
    onEnd();
  });
  watcher.on('error', () => {
    watcher.close();
    onEnd();
  });
  return () => watcher.close();
}
