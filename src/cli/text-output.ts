import { type Priority, withPriority } from '../systemd/priority.ts';
import { isJournalStream } from '../systemd/service-context.ts';
import type { TextOutput } from './command.ts';

/** A stream of this process: what is written to, and which descriptor it is. */
interface OutputStream {
  readonly fd: number;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** The {@link TextOutput.failure} where nobody reads any more: somebody's choice (`| head`), and no mistake. */
export const readerGone = 'reader gone';

/** A terminal that was closed answers EIO, as a disk that breaks does. */
function isReaderGone({ isTTY }: OutputStream, { code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || (code === 'EIO' && isTTY === true);
}

/**
 * stdout or stderr as the commands write to them. Where the stream leads to systemd's journal each line gets its
 * priority in front, which journald takes off again; a terminal, a file and a pipe get the text as it is.
 */
export function textOutput(stream: OutputStream, env: NodeJS.ProcessEnv): TextOutput {
  const isJournal = isJournalStream(env, stream.fd);
  let failure: string | undefined;
  stream.on('error', (error) => {
    failure ??= isReaderGone(stream, error) ? readerGone : (error.code ?? error.message);
  });
  return {
    write: (text: string, priority: Priority = 'info') => stream.write(isJournal ? withPriority(text, priority) : text),
    isTTY: stream.isTTY === true,
    get failure() {
      return failure;
    },
    // A terminal may be resized at any time. One that does not know its size, such as a serial console, says 0.
    get columns() {
      return stream.columns || 80;
    },
    get rows() {
      return stream.rows || 24;
    },
  };
}
