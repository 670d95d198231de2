import { excerpt } from '../../count.ts';
import { DrainctlError } from '../../errors.ts';
import { type CommandResult, runCommand } from '../../run-command.ts';

/** Runs one of the two commands of a pool. Rejects with a DrainctlError, or the signal's reason, where it gave no result. */
export async function runNginx(
  words: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CommandResult> {
  // Where nginx lives, and what the PATH of a service may leave out.
  const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin` };
  try {
    return await runCommand({ command: words, env, timeoutMs }, signal);
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error ? error.cause : undefined;
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const mustBeMended = code === 'ENOENT' || code === 'EACCES';
    const why = error instanceof Error ? error.message : String(error);
    throw new DrainctlError(
      mustBeMended ? 'POOL_REFUSED' : 'POOL_UNREACHABLE',
      `"${words.join(' ')}" gave no result: ${why}.`,
      {
        hint: 'Run it by hand, as the user that drainctl runs as; correct "test" or "reload" of the pool.',
        cause: error,
      },
    );
  }
}

/** What nginx says of its configuration: the lines with a level, without the level. */
export function nginxMessage({ stdout, stderr }: CommandResult): string {
  const text = stderr.trim() === '' ? stdout : stderr;
  const lines = text.split('\n').flatMap((line) => /\[(?:emerg|alert|crit|error)\]\s*(.*)$/.exec(line)?.[1] ?? []);
  // The number of a process before it says nothing to anybody.
  return lines.length === 0 ? excerpt(text) : lines.map((line) => line.replace(/^\d+#\d+:\s*/, '').trim()).join('; ');
}
