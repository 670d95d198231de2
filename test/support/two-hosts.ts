import { freePortRange } from './free-port.ts';
import { backendName, type Haproxy, startHaproxy } from './haproxy.ts';
import { type Stack, startStack } from './stack.ts';

/** How to make {@link startTwoHosts}. */
export interface TwoHostsOptions {
  readonly haproxies: number;
  /** On each host. */
  readonly processes: number;
  /** Keys of the pool, beside driver and addresses. */
  readonly pool: { readonly min_available: number | string; readonly capacity_wait: string };
}

/** Two supervisords, each with a sidecar and a state_dir of its own, whose processes are servers of one backend. */
export interface TwoHosts extends AsyncDisposable {
  readonly haproxies: readonly Haproxy[];
  /** Its processes are the servers `a_00`, `a_01`, … */
  readonly a: Stack;
  /** `b_00`, `b_01`, … */
  readonly b: Stack;
}

/** Starts everything, and resolves when all servers are UP. */
export async function startTwoHosts({ haproxies: count, processes, pool }: TwoHostsOptions): Promise<TwoHosts> {
  const ports = { a: await freePortRange(Math.max(2, processes)), b: await freePortRange(Math.max(2, processes)) };
  const servers = (['a', 'b'] as const).flatMap((host) =>
    Array.from({ length: processes }, (_, index) => ({
      name: `${host}_${String(index).padStart(2, '0')}`,
      port: ports[host] + index,
    })),
  );
  const haproxies = await Promise.all(Array.from({ length: count }, () => startHaproxy({ servers })));
  const start = (host: 'a' | 'b') =>
    startStack({
      processes,
      haproxies,
      firstPort: ports[host],
      peer: false,
      config: (config) => ({
        ...config,
        pools: { lb: { ...config.pools.lb, ...pool } },
        programs: {
          web: {
            ...config.programs.web,
            members: [{ pool: 'lb', server: `${backendName}/${host}_%(process_num)02d` }],
          },
        },
      }),
    });
  const [a, b] = await Promise.all([start('a'), start('b')]);
  return {
    haproxies,
    a,
    b,
    async [Symbol.asyncDispose]() {
      await Promise.all([a.close(), b.close()]);
      await Promise.all(haproxies.map((haproxy) => haproxy.close()));
    },
  };
}
