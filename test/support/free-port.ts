import { randomInt } from 'node:crypto';
import { createServer, type ListenOptions, type Server } from 'node:net';

/** Below the range that the kernel takes for outgoing connections (32768 and up), or a client could take the port meanwhile. */
const firstPort = 20_000;
const lastPort = 32_000;

/** A port on 127.0.0.1 on which nobody listens. */
export async function freePort(): Promise<number> {
  return freePortRange(1);
}

/**
 * The first of `count` successive free ports. With more than one it is divisible by 100, so that a configuration can
 * write them as supervisord does: `http://127.0.0.1:${first / 100}%(process_num)02d/`.
 */
export async function freePortRange(count: number): Promise<number> {
  const step = count === 1 ? 1 : 100;
  for (let attempt = 0; attempt < 200; attempt++) {
    const first = randomInt(firstPort / step, lastPort / step) * step;
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if (await reserve(ports)) return first;
  }
  throw new Error(`no ${count} successive free ports between ${firstPort} and ${lastPort}`);
}

/**
 * Reserves ports for this process until it ends: between the moment that a port is chosen and the moment that a server
 * listens on it, no other test process may choose it. A socket in the abstract namespace (unix(7)) for each port does
 * that: only one process can have it, and the kernel frees it. False where one of the ports is taken.
 */
async function reserve(ports: readonly number[]): Promise<boolean> {
  const reserved: Server[] = [];
  for (const port of ports) {
    const server = await listen({ path: `\0drainctl-test-port-${port}` });
    if (server !== undefined) reserved.push(server.unref());
  }
  if (reserved.length === ports.length && (await Promise.all(ports.map(isFree))).every(Boolean)) return true;
  for (const server of reserved) server.close();
  return false;
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen({ port, host: '127.0.0.1' });
  if (server === undefined) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}

/** Undefined where the address is in use. */
async function listen(address: ListenOptions): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(address, () => resolve(server));
  });
}
