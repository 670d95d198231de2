/**
 * The packet filter of this machine: new TCP connections to a member's port are refused, and those that are established go
 * on. For load balancers that try another server when a connection is refused, and can't be told anything.
 *
 * Rules are our own (nftables: table `inet drainctl`; iptables: chain DRAINCTL), one port each, and nothing else is touched.
 * They end with a reboot, or when somebody flushes all rules. Checked with nftables 1.0.6 and iptables 1.8.9.
 *
 * Reference: nft(8), iptables(8)
 */
import { isIP } from 'node:net';
import * as z from 'zod';
import { durationSchema } from '../duration-schema.ts';
import { type Backend, type Closing, NotInstalled, noFirewall } from './firewall/backend.ts';
import { iptablesBackend } from './firewall/iptables.ts';
import { nftBackend } from './firewall/nft.ts';
import { definePool } from './pool.ts';

const options = z.object({
  action: z
    .enum(['reject', 'drop'])
    .default('reject')
    .describe(
      '`reject` answers with a TCP reset, so that clients go elsewhere at once; `drop` lets them wait until their time-out.',
    ),
  except: z
    .array(z.string().refine(isAddressOrNetwork, 'write an IP address or a network, such as 10.0.0.0/8'))
    .default(['127.0.0.0/8', '::1'])
    .describe(
      'Addresses and networks that may connect all the same: health checkers, and this machine for its own checks.',
    ),
  backend: z
    .enum(['auto', 'nft', 'iptables'])
    .default('auto')
    .describe('Whose rules. `auto`: nftables where `nft` is installed, else iptables.'),
  settle: durationSchema.prefault('1s').describe('For handshakes that had begun when the port was closed.'),
  timeout: durationSchema.prefault('5s').describe('The longest that one command may take.'),
});

const member = z.object({
  port: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .describe('The TCP port on which the process, and no other, listens; as a text it may hold `%(process_num)02d`.'),
});

type Options = z.output<typeof options>;
type Member = z.output<typeof member>;

/** See the head of this file. */
export const firewall = definePool({
  name: 'firewall',
  summary: "The machine's packet filter (nftables or iptables): new connections to the process's port are refused.",
  reference: 'https://man7.org/linux/man-pages/man8/nft.8.html',
  options,
  member,
  example: `pools:
  fw:
    driver: firewall
    except: [127.0.0.0/8, "::1", 10.0.0.2]
programs:
  web:
    members:
      - { pool: fw, port: "81%(process_num)02d" }
    in_flight:
      - { probe: tcp }
`,
  label: ({ port }) => `port ${port}`,
  open(settings) {
    const withBackend = chooseBackend(settings);
    const portsOf = (items: readonly { readonly member: Member }[]) => items.map(({ member: { port } }) => port);
    return [
      {
        address: 'firewall',
        settleMs: settings.settle,
        counts: false,
        isOnlyOurs: true,

        async state(members, signal) {
          signal.throwIfAborted();
          if (members.length === 0) return [];
          const closed = await withBackend((backend) => backend.closed(signal));
          return members.map(({ port }) => ({
            placement: closed.has(port) ? ('out' as const) : ('in' as const),
            text: closed.has(port) ? 'closed to new connections' : 'open',
            before: null,
            inFlight: undefined,
          }));
        },

        async depool(members, signal) {
          signal.throwIfAborted();
          const closings: Closing[] = portsOf(members).map((port) => ({ port, ...settings }));
          await withBackend((backend) => backend.close(closings, signal));
        },

        async repool(members, signal) {
          signal.throwIfAborted();
          await withBackend((backend) => backend.open(portsOf(members), signal));
        },

        async check(_, signal) {
          await withBackend((backend) => backend.closed(signal));
          return [];
        },
      },
    ];
  },
});

/** Runs the work with the backend of the configuration; with `auto`, the first that is installed, which it then keeps. */
function chooseBackend({ backend, timeout }: Options): <T>(work: (with_: Backend) => Promise<T>) => Promise<T> {
  const all = { nft: nftBackend(timeout), iptables: iptablesBackend(timeout) };
  const names = backend === 'auto' ? 'nft and iptables are' : `${backend} is`;
  let chosen: 'nft' | 'iptables' = backend === 'iptables' ? 'iptables' : 'nft';
  const orRefused = (error: unknown): never => {
    throw error instanceof NotInstalled ? noFirewall(names, error) : error;
  };
  return async (work) => {
    try {
      return await work(all[chosen]);
    } catch (error) {
      if (!(error instanceof NotInstalled) || backend !== 'auto' || chosen === 'iptables') return orRefused(error);
      chosen = 'iptables';
      return await work(all.iptables).catch(orRefused);
    }
  };
}

function isAddressOrNetwork(text: string): boolean {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(bits ?? 0) <= (family === 4 ? 32 : 128);
}
