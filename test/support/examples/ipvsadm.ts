import { type StandIn, type StandInAnswer, startStandIn } from './stand-in.ts';

/** A real server of a virtual service. */
export interface RealServer {
  /** `10.0.0.11:8100` */
  readonly address: string;
  forward: '-m' | '-g' | '-i';
  weight: number;
  upper: number;
  lower: number;
  /** ActiveConn. */
  readonly active: () => number;
}

/** What stands for ipvsadm and the kernel's table, where the kernel has no IPVS. */
export interface Ipvsadm extends StandIn {
  readonly servers: readonly RealServer[];
  /** The changes, each as `ADDRESS -m weight upper lower`. */
  readonly changes: readonly string[];
}

/**
 * Puts an `ipvsadm` on a PATH that has one TCP service, and takes the command lines of ipvsadm(8) that examples use. As the
 * real one does, an edit sets what it does not name back to its default: gatewaying, weight 1, no thresholds.
 */
export async function startIpvsadm(service: string, servers: readonly RealServer[]): Promise<Ipvsadm> {
  const changes: string[] = [];

  function answer(args: readonly string[]): StandInAnswer {
    const [command = '', ...rest] = args;
    if (command === '--save') return save(rest);
    if (command === '--list') return list(rest);
    if (command === '--edit-server') return edit(rest);
    throw new Error('no such command');
  }

  function save(rest: readonly string[]): StandInAnswer {
    only(rest, ['--numeric']);
    const rules = servers.map(
      ({ address, forward, weight }) => `-a -t ${service} -r ${address} ${forward} -w ${weight}`,
    );
    return { stdout: `${[`-A -t ${service} -s wlc`, ...rules].join('\n')}\n` };
  }

  function list(rest: readonly string[]): StandInAnswer {
    const options = pairs(rest, ['--numeric', '--thresholds']);
    if (!options.has('--numeric')) throw new Error('without --numeric names may come');
    if (options.get('--tcp-service') !== service) return { exitCode: 255, stderr: 'No such service\n' };
    only([...options.keys()], ['--numeric', '--thresholds', '--tcp-service']);
    const thresholds = options.has('--thresholds');
    const rows = servers.map((server) => `  -> ${server.address.padEnd(28)} ${columns(server, thresholds)}`);
    return { stdout: [...head(service, thresholds), ...rows, ''].join('\n') };
  }

  function edit(rest: readonly string[]): StandInAnswer {
    const options = pairs(rest, ['-m', '-g', '-i']);
    only(
      [...options.keys()],
      ['--tcp-service', '--real-server', '-m', '-g', '-i', '-w', '--u-threshold', '--l-threshold'],
    );
    if (options.get('--tcp-service') !== service) return { exitCode: 255, stderr: 'No such service\n' };
    const server = servers.find(({ address }) => address === options.get('--real-server'));
    if (server === undefined) return { exitCode: 255, stderr: 'No such destination\n' };
    server.forward = (['-m', '-i'] as const).find((option) => options.has(option)) ?? '-g';
    server.weight = wholeNumber(options.get('-w') ?? '1');
    server.upper = wholeNumber(options.get('--u-threshold') ?? '0');
    server.lower = wholeNumber(options.get('--l-threshold') ?? '0');
    changes.push([server.address, server.forward, server.weight, server.upper, server.lower].join(' '));
    return {};
  }

  const standIn = await startStandIn('ipvsadm', ({ args }) => answer(args));
  return { ...standIn, servers, changes };
}

function head(service: string, thresholds: boolean): string[] {
  const title = thresholds
    ? `${'Prot LocalAddress:Port'.padEnd(33)} Uthreshold Lthreshold ActiveConn InActConn`
    : 'Prot LocalAddress:Port Scheduler Flags';
  const second = thresholds ? '' : '           Forward Weight ActiveConn InActConn';
  return [title, `  -> RemoteAddress:Port${second}`, `TCP  ${service} wlc`];
}

function columns({ forward, weight, upper, lower, active }: RealServer, thresholds: boolean): string {
  const wide = (value: number) => String(value).padEnd(10);
  if (thresholds) return [upper, lower, active(), 0].map(wide).join(' ');
  const method = { '-m': 'Masq', '-g': 'Route', '-i': 'Tunnel' }[forward];
  return `${method.padEnd(7)} ${String(weight).padEnd(6)} ${wide(active())} ${wide(2)}`;
}

/** Options with their values; those of `flags` have none. */
function pairs(words: readonly string[], flags: readonly string[]): Map<string, string> {
  const options = new Map<string, string>();
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (!word.startsWith('-')) throw new Error(`"${word}" is no option`);
    options.set(word, flags.includes(word) ? '' : (words[++index] ?? ''));
  }
  return options;
}

function only(words: readonly string[], allowed: readonly string[]): void {
  const others = words.filter((word) => !allowed.includes(word));
  if (others.length > 0) throw new Error(`unexpected ${others.join(' ')}`);
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`"${text}" is no number`);
  return Number(text);
}
