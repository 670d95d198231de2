import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onCleanUp } from '../cleanup.ts';

/** A TCP server on a loopback port that sends each connection the same text and closes; undefined: sends nothing and stays. */
export async function startRawServer(text: string | Buffer | undefined): Promise<{ readonly port: number }> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => open.delete(socket));
    socket.resume();
    if (text !== undefined) socket.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    forget();
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  const forget = onCleanUp(close);
  // A TCP server that listens has such an address.
  return { port: (server.address() as AddressInfo).port };
}
