import { formatDuration } from '../../duration.ts';
import { DrainctlError } from '../../errors.ts';
import { NginxSyntaxError } from './tokens.ts';

/** What became of the file when a change of it did not come about. */
export type FileLeft = 'put back' | 'untouched' | 'changed by others';

const fileText: Readonly<Record<FileLeft, string>> = {
  'put back': 'The file was put back as it was.',
  untouched: 'Nothing was changed.',
  'changed by others': 'Somebody else has changed the file meanwhile, so it was left as it is.',
};

/** The same error, and what became of the file; the reason of a signal as it is. */
export function withFileLeft(error: unknown, left: FileLeft): unknown {
  if (!(error instanceof DrainctlError)) return error;
  const { code, message, hint, details, cause } = error;
  return new DrainctlError(code, `${message} ${fileText[left]}`, { hint, details, cause });
}

/** `nginx -t` does not take the configuration; `message` is what it says. */
export function configRefused(file: string, message: string): DrainctlError {
  const text = `nginx refuses its configuration, with ${file} as it was to be: ${message}.`;
  return new DrainctlError('POOL_REFUSED', text, {
    hint: 'Run "nginx -t", mend what it names, and try again.',
    details: { file },
  });
}

/** The reload command failed, although the configuration is good. */
export function reloadFailed(file: string, words: readonly string[], said: string): DrainctlError {
  return new DrainctlError('POOL_UNREACHABLE', `"${words.join(' ')}" failed: ${said}.`, {
    hint: 'Run it by hand, as the user that drainctl runs as; "reload" of the pool is what is run.',
    details: { file },
  });
}

/** The command went well, and the old workers go on as before. */
export function notTakenOver(file: string, timeoutMs: number): DrainctlError {
  const text = `nginx was told to reload, but has no new workers after ${formatDuration(timeoutMs)}. ${file} holds the change.`;
  return new DrainctlError('POOL_UNREACHABLE', text, {
    hint: 'See nginx\'s error log for why, and compare "pid_file" of the pool with "pid" in nginx.conf.',
    details: { file },
  });
}

/** Nobody sends work, and nobody will say so. */
export function notRunning(pidFile: string, why: string): DrainctlError {
  return new DrainctlError('POOL_UNREACHABLE', `nginx does not run, or can't be seen: ${why}.`, {
    hint: 'Start it, compare "pid_file" of the pool with "pid" in nginx.conf, and see that /proc is not hidden from drainctl.',
    details: { pidFile },
  });
}

/** The lock on the folder stays taken. */
export function stillLocked(folder: string, timeoutMs: number): DrainctlError {
  const text = `${folder} is still locked by another drainctl after ${formatDuration(timeoutMs)}. Nothing was changed.`;
  return new DrainctlError('POOL_UNREACHABLE', text, { hint: `See who has it: fuser -v ${folder}` });
}

/** None of the file's servers. */
export function noSuchServers(file: string, unknown: readonly string[], known: readonly string[]): DrainctlError {
  const has = known.length === 0 ? 'no servers of an upstream' : known.join(', ');
  const text = `${file} has no line for ${unknown.join(', ')}; it has ${has}.`;
  return new DrainctlError('POOL_MEMBER_MISSING', text, {
    hint: 'Write "server" of the member as nginx\'s file does, or add the line there.',
    details: { file, members: unknown },
  });
}

/** A syntax error as what the pool rejects with; anything else as it is. */
export function asPoolError(file: string, error: unknown): unknown {
  if (!(error instanceof NginxSyntaxError)) return error;
  const text = `${file} can't be understood: line ${error.line}: ${error.why}. Nothing was changed.`;
  return new DrainctlError('POOL_REFUSED', text, {
    hint: 'Run "nginx -t". A file with the upstream alone, included from nginx.conf, keeps what else there is out of it.',
    details: { file, line: error.line },
    cause: error,
  });
}
