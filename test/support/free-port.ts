import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range that the kernel takes for outgoing connections (32768 and up), or a client could take the port meanwhile. */
const firstPort = 20_000;
const lastPort = 32_000;

/** Handed out already by this process; a server that was closed may still be meant to come back on its port. */
const taken = new Set<number>();

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
    if (ports.some((port) => taken.has(port))) continue;
    const free = await Promise.all(ports.map(isFree));
    if (!free.every(Boolean)) continue;
    for (const port of ports) taken.add(port);
    return first;
  }
  throw new Error(`no ${count} successive free ports between ${firstPort} and ${lastPort}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
