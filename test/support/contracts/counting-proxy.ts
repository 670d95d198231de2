import { connect, createServer, type Socket } from 'node:net';
import { onCleanUp } from '../cleanup.ts';

/** A Unix socket in front of another one that counts connections. */
export interface CountingProxy {
  readonly path: string;
  readonly connections: number;
  close(): Promise<void>;
}

/** Listens on `path` and passes every connection on to the socket at `target`. */
export async function startCountingProxy(path: string, target: string): Promise<CountingProxy> {
  let connections = 0;
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections++;
    const onward = connect({ path: target, allowHalfOpen: true });
    for (const each of [socket, onward]) {
      open.add(each);
      each.on('error', () => {}).once('close', () => open.delete(each));
    }
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const close = async () => {
    forget();
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  const forget = onCleanUp(close);
  return {
    path,
    get connections() {
      return connections;
    },
    close,
  };
}
