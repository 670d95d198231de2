import { dirname, join } from 'node:path';
import { workUntilReleased } from '../../support/acceptance.ts';
import { type Stack, type StackOptions, startStack } from '../../support/stack.ts';
import type { StackConfig } from '../../support/stack-config.ts';
import { type FaultySocket, startFaultySocket } from './faulty-socket.ts';

/** How long a process of a {@link FaultyStack} may take to drain. */
export const deadlineMs = 4_000;

/** How long it may take to become ready and to be put back: on a busy machine its program needs seconds to start. */
const readyDeadlineMs = 10_000;

/**
 * The longest that a command may take over a process whose pool does not answer: the deadline, the pool's `timeout`
 * for a round trip that begins right before it, the put-back or 10 s for the undo, and one more round trip; and what a slow machine adds.
 */
export const limitMs = deadlineMs + 2_000 + readyDeadlineMs + 2_000 + 20_000;

/** A stack whose HAProxys are reached through sockets that can fail. */
export interface FaultyStack {
  readonly stack: Stack;
  /** In the order of `stack.haproxies`. */
  readonly sockets: readonly FaultySocket[];
  /** The first one. */
  readonly socket: FaultySocket;
  /** Work that lasts until it is released, as each process's probes tell. */
  readonly work: ReturnType<typeof workUntilReleased>;
}

/** How {@link startFaultyStack} differs from an ordinary stack. */
export interface FaultyStackOptions extends Omit<StackOptions, 'config'> {
  /** Changes the configuration once more. */
  readonly config?: (config: StackConfig) => object;
  /** Whether the pool itself counts what is in flight, and nothing else does. Default: false, `work` does. */
  readonly poolCounts?: boolean;
}

/** Starts two web processes and their HAProxys with an admin socket that fails when the test says so. */
export async function startFaultyStack(options: FaultyStackOptions = {}): Promise<FaultyStack> {
  const { config: change = (config) => config, poolCounts = false, ...rest } = options;
  const work = workUntilReleased(`${deadlineMs}ms`);
  const stack = await startStack({
    processes: 2,
    ...rest,
    config: (config) => {
      const faulty = withFaultySockets(config);
      return poolCounts ? change(faulty) : work.config(change(faulty) as StackConfig); // as: it stays of that form
    },
  });
  const sockets = await Promise.all(
    stack.haproxies.map(({ socketPath }) => startFaultySocket(faultyPath(socketPath), socketPath)),
  );
  const [socket] = sockets;
  if (socket === undefined) throw new Error('a stack has at least one HAProxy');
  return { stack, sockets, socket, work };
}

function faultyPath(socketPath: string): string {
  return join(dirname(socketPath), 'faulty.sock');
}

function withFaultySockets(config: StackConfig): StackConfig {
  const { web } = config.programs;
  const ready = { ...web.ready, deadline: `${readyDeadlineMs}ms` };
  return {
    ...config,
    pools: { lb: { ...config.pools.lb, addresses: config.pools.lb.addresses.map(faultyPath) } },
    defaults: { ...config.defaults, deadline: `${deadlineMs}ms` },
    programs: { web: { ...web, ready } },
  };
}
