import type { Server, Socket } from 'node:net';
import { type DrainctlError, toDrainctlError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { AgentChecks, AgentPort } from '../../pools/sidecar-services.ts';
import { listenOn } from '../../rpc/listen-address.ts';
import { monotonicMs } from '../../time.ts';
import { listenAgain } from '../listen-again.ts';
import { AgentDesk } from './desk.ts';
import { createLineServer } from './line-server.ts';

type Address = Parameters<AgentChecks['listen']>[0];

/** One address, with what is answered there. */
interface OpenPort {
  readonly desk: AgentDesk;
  readonly ending: AbortController;
  readonly server: Server;
  problem: DrainctlError | undefined;
  sinceMs: number | undefined;
}

/**
 * The ports at which the sidecar answers agent checks. One is open as long as a pool has it; where two configurations have
 * the same, such as after a reload, they share it with all that is known of who asks.
 */
export class AgentPorts implements AgentChecks {
  readonly #log: Log;
  readonly #maxConnections: number;
  readonly #ports = new Map<string, OpenPort>();
  /** Of all ports; the oldest is the first. */
  readonly #sockets = new Set<Socket>();

  /** At most `maxConnections` at a time, all ports together: where there are more, the oldest is cut off. */
  constructor(log: Log, maxConnections: number) {
    this.#log = log;
    this.#maxConnections = maxConnections;
  }

  listen(address: Address, servers: Parameters<AgentChecks['listen']>[1]): AgentPort {
    const key = `${address.host}:${address.port}`;
    const port = this.#ports.get(key) ?? this.#open(key, address);
    const { desk } = port;
    const leave = desk.add(servers);
    return {
      get problem() {
        return port.problem;
      },
      get sinceMs() {
        return port.sinceMs;
      },
      of: (server) => desk.of(server),
      forgottenAtMs: (server) => desk.forgottenAtMs(server),
      names: () => desk.names(),
      putBack: (server, back) => desk.putBack(server, back),
      takeOut: (server) => desk.takeOut(server),
      isPuttingBack: (server) => desk.isPuttingBack(server),
      close: () => {
        leave();
        if (desk.isIdle) this.#close(key, port);
      },
    };
  }

  /** Closes what is still open. */
  close(): void {
    for (const [key, port] of this.#ports) this.#close(key, port);
    for (const socket of this.#sockets) socket.destroy();
  }

  #open(key: string, address: Address): OpenPort {
    const desk = new AgentDesk();
    const server = createLineServer({
      answer: (line, remoteAddress) => desk.answer(line, remoteAddress, monotonicMs()),
      admit: (socket) => this.#admit(socket),
      log: this.#log,
    });
    const port: OpenPort = { desk, server, ending: new AbortController(), problem: undefined, sinceMs: undefined };
    this.#ports.set(key, port);
    void listenAgain(
      { listen: () => listenAt(port, address) },
      () => address,
      'agent checks',
      this.#log,
      port.ending.signal,
    );
    return port;
  }

  #close(key: string, port: OpenPort): void {
    if (this.#ports.get(key) === port) this.#ports.delete(key);
    port.ending.abort();
    port.server.close();
  }

  /** A question takes a millisecond: what has been open for longest is most likely none. */
  #admit(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const [oldest] = this.#sockets;
    if (this.#sockets.size <= this.#maxConnections || oldest === undefined) return;
    this.#sockets.delete(oldest);
    oldest.destroy();
  }
}

async function listenAt(port: OpenPort, address: Address): Promise<string> {
  try {
    const { url } = await listenOn(port.server, address);
    port.problem = undefined;
    port.sinceMs = monotonicMs();
    // It may have been closed while it began to listen.
    if (port.ending.signal.aborted) port.server.close();
    return url.replace(/^http:/, 'tcp:');
  } catch (error) {
    port.problem = toDrainctlError(error);
    throw error;
  }
}
