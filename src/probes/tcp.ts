/**
 * Counts the TCP connections that clients have to the ports on which the process and its children listen, as the kernel
 * tells of them in /proc: IPv4 and IPv6, in the network namespace of the process. Nothing is asked of the program.
 *
 * References: proc(5), proc_pid_net(5), proc_pid_fd(5); https://docs.kernel.org/networking/proc_net_tcp.html
 */
import * as z from 'zod';
import type { DrainctlError } from '../errors.ts';
import { abandonable } from '../time.ts';
import { probeFailed } from './failure.ts';
import { defineProbe, type ProbeSubject } from './probe.ts';
import { countConnections } from './tcp/count-connections.ts';
import { Moments } from './tcp/moments.ts';
import { portsToCount, SeenPorts } from './tcp/ports.ts';
import { ProcTrouble, ProcView } from './tcp/proc.ts';
import { isAddressOrNetwork, networkMatcher } from './tcp/remote-address.ts';
import { socketsOf } from './tcp/sockets.ts';

const options = z.object({
  ports: z
    .array(z.int().min(1).max(65_535))
    .min(1, 'name at least one port')
    .optional()
    .describe('The ports whose connections count. Default: all on which the process and its children listen.'),
  ignore_from: z
    .array(z.string().refine(isAddressOrNetwork, 'write an address or a network, such as 10.0.0.7 or 10.0.0.0/24'))
    .default([])
    .describe('Addresses and networks whose connections do not count, such as those of health checkers.'),
});

/** All probes of this process look at /proc together. */
const moments = new Moments(() => new ProcView());

/** See the head of this file. */
export const tcp = defineProbe({
  name: 'tcp',
  summary: 'Counts the TCP connections to the ports that the process and its children listen on.',
  reference: 'https://docs.kernel.org/networking/proc_net_tcp.html',
  options,
  example: `programs:
  smtp:
    in_flight:
      - { probe: tcp, ports: [25, 587], ignore_from: [10.0.0.2, "fd00:1::/64"] }
`,
  open({ ports, ignore_from: ignored }, subject) {
    const target = ports === undefined ? `tcp of ${subject.name}` : `tcp ${ports.join(', ')} of ${subject.name}`;
    const isIgnored = networkMatcher(ignored);
    const seen = new SeenPorts();
    const count = (view: ProcView) => {
      const sockets = socketsOf(view, runningPid(subject));
      const counted = { ports: [...portsToCount(sockets, ports, seen)], inodes: sockets.inodes, isIgnored };
      return sockets.tables.reduce((sum, table) => sum + countConnections(table, counted), 0);
    };
    return {
      target,
      async measure(signal) {
        const view = await abandonable(moments.next(), signal);
        try {
          return count(view);
        } catch (error) {
          throw asProbeFailed(target, error);
        }
      },
    };
  },
});

function runningPid(subject: ProbeSubject): number {
  const pid = subject.pid();
  if (pid !== undefined) return pid;
  throw new ProcTrouble(`supervisord does not run ${subject.name}`, `See: supervisorctl status ${subject.name}`);
}

function asProbeFailed(target: string, error: unknown): DrainctlError {
  if (error instanceof ProcTrouble) return probeFailed(target, error.message, error.hint, error);
  const why = error instanceof Error ? error.message : String(error);
  return probeFailed(target, why, "See that /proc is mounted and is this machine's, and run drainctl as root.", error);
}
