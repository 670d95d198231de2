import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { onCleanUp } from '../cleanup.ts';

/** A load balancer of connections within the test, which stands for one that this machine can't run. */
export interface Chooser {
  /** Where clients send: `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** How many connections it has open to this port. */
  active(port: number): number;
}

/**
 * Starts one. When a client has sent the first of its request it asks which ports get any, and takes them in turn. With
 * none it closes the connection. Clients that shall be balanced anew for each request must say `Connection: close`.
 */
export async function startChooser(choose: () => readonly number[]): Promise<Chooser> {
  const open = new Set<Socket>();
  const counts = new Map<number, number>();
  let turn = 0;

  function count(port: number, by: 1 | -1): void {
    counts.set(port, (counts.get(port) ?? 0) + by);
  }

  function forward(client: Socket, first: Buffer): void {
    const ports = choose();
    const port = ports[turn++ % ports.length];
    if (port === undefined) return void client.destroy();
    count(port, 1);
    const upstream = createConnection({ port, host: '127.0.0.1' });
    upstream.once('close', () => count(port, -1));
    join(client, upstream);
    join(upstream, client);
    // With the connection, so that who counts requests and not connections does not miss it for long.
    upstream.write(first);
    client.pipe(upstream);
    upstream.pipe(client);
  }

  /** When one end is gone, so is the other, after what it still has to send. */
  function join(from: Socket, to: Socket): void {
    open.add(from);
    from.on('error', () => to.destroy());
    from.once('close', () => {
      open.delete(from);
      to.destroySoon();
    });
  }

  const server = createServer((client) => {
    open.add(client);
    client.on('error', () => client.destroy());
    client.once('data', (first) => forward(client, first));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onCleanUp(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo; // as: it listens on TCP
  return { url: `http://127.0.0.1:${port}`, port, active: (of) => counts.get(of) ?? 0 };
}
