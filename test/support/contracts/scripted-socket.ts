import { createServer, type Socket } from 'node:net';
import { onCleanUp } from '../cleanup.ts';

/** What a {@link scriptedSocket} does with a connection; `line` is the first line it got. */
export type Script = (socket: Socket, line: string) => void;

/** A Unix socket that behaves as scripted. */
export interface ScriptedSocket {
  readonly path: string;
  /** The first line of each connection, in order. */
  readonly lines: readonly string[];
  close(): Promise<void>;
}

/** Listens on `path` and gives each connection's first line to the script. */
export async function scriptedSocket(path: string, script: Script): Promise<ScriptedSocket> {
  const lines: string[] = [];
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    let text = '';
    socket.on('error', () => {});
    socket.once('close', () => open.delete(socket));
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const hadLine = text.includes('\n');
      text += chunk;
      if (hadLine || !text.includes('\n')) return;
      const line = text.slice(0, text.indexOf('\n'));
      lines.push(line);
      script(socket, line);
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const close = async () => {
    forget();
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  const forget = onCleanUp(close);
  return { path, lines, close };
}

/** Takes the line and never answers. */
export const silence: Script = () => {};
