import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Log } from '../log.ts';
import type { RpcServerLimits } from './limits.ts';
import { Seldom } from './seldom.ts';

/** How often slow readers are looked for, in parts of the time that they have. */
const looksPerTimeout = 4;

/** One open connection. */
interface Connection {
  readonly client: string;
  /** How many bytes had been taken at the last look, and for how many looks no more were although some wait. */
  taken: number;
  stalledLooks: number;
}

/**
 * Keeps the connections of a server within its limits: not too many in all, nor from one client, and none whose
 * client does not read its answer.
 */
export class Connections {
  readonly #limits: RpcServerLimits;
  readonly #open = new Map<Socket, Connection>();
  readonly #full: Seldom;
  readonly #tooManyOfClient: Seldom;
  readonly #slow: Seldom;
  readonly #timer: NodeJS.Timeout;

  constructor(server: Server, limits: RpcServerLimits, log: Log) {
    this.#limits = limits;
    const refused = 'connections were refused:';
    this.#full = new Seldom((times) =>
      log.warn(`${refused} ${limits.maxConnections} are in use, the most that may be`, { times }),
    );
    this.#tooManyOfClient = new Seldom((times, client) =>
      log.warn(`${refused} ${client} has ${limits.maxConnectionsPerClient} open, the most that one address may have`, {
        times,
      }),
    );
    this.#slow = new Seldom((times) => log.warn('clients were cut off: they did not read', { times }));
    server.on('connection', (socket) => this.#admit(server, socket));
    const intervalMs = Math.max(50, limits.sendTimeoutMs / looksPerTimeout);
    this.#timer = setInterval(() => this.#cutOffSlow(), intervalMs);
    this.#timer.unref();
  }

  /** To be called when the server has closed. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #admit(server: Server, socket: Socket): void {
    const { maxConnections, maxConnectionsPerClient } = this.#limits;
    const client = socket.remoteAddress ?? '';
    const ofClient = client === '' ? 0 : [...this.#open.values()].filter((other) => other.client === client).length;
    const tooManyOfClient = maxConnectionsPerClient > 0 && ofClient >= maxConnectionsPerClient;
    const full = maxConnections > 0 && this.#open.size >= maxConnections;
    // Who only keeps a connection open gives way, so that nobody is locked out by those who do nothing.
    if (full) server.closeIdleConnections();
    if (tooManyOfClient || full) {
      if (tooManyOfClient) this.#tooManyOfClient.happened(client);
      else this.#full.happened();
      socket.destroy();
      return;
    }
    this.#open.set(socket, { client, taken: 0, stalledLooks: 0 });
    socket.once('close', () => this.#open.delete(socket));
  }

  #cutOffSlow(): void {
    if (this.#limits.sendTimeoutMs === 0) return;
    for (const [socket, connection] of this.#open) {
      const waiting = socket.writableLength;
      const taken = socket.bytesWritten - waiting;
      connection.stalledLooks = waiting > 0 && taken === connection.taken ? connection.stalledLooks + 1 : 0;
      connection.taken = taken;
      if (connection.stalledLooks < looksPerTimeout) continue;
      this.#slow.happened();
      socket.destroy();
    }
  }
}
