import { connect } from 'node:net';
import { withTimeout } from '../../time.ts';
import type { SocketAddress } from './address.ts';
import { isForeign, joinCommands, splitAnswers } from './answers.ts';
import { cutShort, notHaproxy, timedOut, unreachable } from './errors.ts';

/** More than 100,000 servers print; what sends more is not HAProxy. */
const maxAnswerBytes = 64 * 1024 * 1024;

/** Commands to one of HAProxy's sockets. */
export interface CommandSocket {
  /**
   * One answer for each command, '' where it printed nothing, in one round trip (more where the commands don't fit
   * into HAProxy's line buffer). That an answer is an error is for the caller to see.
   *
   * @throws DrainctlError `POOL_UNREACHABLE`: no connection, no answer in time, or not all of it. `POOL_REFUSED`: what
   *   answers is not HAProxy.
   */
  ask(commands: readonly string[], signal: AbortSignal): Promise<string[]>;
}

/** Opens no connection yet; each {@link CommandSocket.ask} makes its own, which takes at most `timeoutMs`. */
export function commandSocket(address: SocketAddress, timeoutMs: number): CommandSocket {
  return {
    async ask(commands, signal) {
      const answers: string[] = [];
      for (const line of joinCommands(commands)) answers.push(...(await askLine(address, line, timeoutMs, signal)));
      return answers;
    },
  };
}

async function askLine(
  address: SocketAddress,
  commands: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string[]> {
  const text = await withTimeout(
    timeoutMs,
    signal,
    () => timedOut(address, timeoutMs),
    (bounded) => exchange(address, `${commands.join(';')}\n`, bounded),
  );
  const answers = splitAnswers(text);
  if (answers.length > commands.length || isForeign(text)) throw notHaproxy(address, text);
  if (answers.length < commands.length) throw cutShort(address, text);
  return answers;
}

/** Sends one line and reads to the end of file, which HAProxy sends after the last answer. */
function exchange(address: SocketAddress, line: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      address.kind === 'unix'
        ? { path: address.path, allowHalfOpen: true }
        : { host: address.host, port: address.port, allowHalfOpen: true },
    );
    const chunks: Buffer[] = [];
    let bytes = 0;
    const abort = () => socket.destroy();
    signal.addEventListener('abort', abort, { once: true });
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxAnswerBytes) socket.destroy(notHaproxy(address, Buffer.concat(chunks).toString()));
    });
    socket.once('error', (error) => reject(unreachable(address, error)));
    socket.once('end', () => resolve(Buffer.concat(chunks).toString()));
    socket.once('close', () => {
      signal.removeEventListener('abort', abort);
      reject(signal.aborted ? signal.reason : cutShort(address, ''));
    });
    // The master CLI answers nothing until it has seen the end of what is sent.
    socket.end(line);
  });
}
