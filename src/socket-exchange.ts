import { connect } from 'node:net';
import { formatDuration } from './duration.ts';
import type { SocketAddress } from './socket-address.ts';
import { withTimeout } from './time.ts';

/** One exchange over a plain socket. */
export interface Exchange {
  readonly address: SocketAddress;
  /** What to send after the connect; undefined: nothing. */
  readonly request?: Buffer | undefined;
  /** From the connect to the end of file. */
  readonly timeoutMs: number;
  /** An answer that is longer is an error. */
  readonly maxBytes: number;
}

/**
 * Makes a connection, sends, and reads to the end of file. Rejects with an Error that says why in a few words, or with
 * the signal's reason.
 */
export async function exchange({ address, request, timeoutMs, maxBytes }: Exchange, signal: AbortSignal) {
  const late = () => new Error(`no answer within ${formatDuration(timeoutMs)}`);
  return withTimeout(timeoutMs, signal, late, (bounded) => readToEnd(address, request, maxBytes, bounded));
}

function readToEnd(
  address: SocketAddress,
  request: Buffer | undefined,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const place = address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
    const socket = connect({ ...place, allowHalfOpen: true, signal });
    const chunks: Buffer[] = [];
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) socket.destroy(new Error(`the answer is longer than ${maxBytes} bytes`));
    });
    socket.once('error', (error: NodeJS.ErrnoException) => reject(withReason(error)));
    socket.once('end', () => {
      socket.destroy();
      resolve(Buffer.concat(chunks));
    });
    if (request !== undefined) socket.write(request);
  });
}

/** A name that has several addresses fails with an error that has only a code. */
function withReason(error: NodeJS.ErrnoException): Error {
  return error.message === '' ? new Error(`no connection (${error.code ?? error.name})`, { cause: error }) : error;
}
