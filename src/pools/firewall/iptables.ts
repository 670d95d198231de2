import { existsSync } from 'node:fs';
import { type Backend, type Closing, commentFor, ofFamily, portOf, refusal, runFirewall } from './backend.ts';

/** What one family has of ours. */
interface Rules {
  readonly hasChain: boolean;
  /** True where INPUT leads to our chain. */
  readonly isUsed: boolean;
  readonly rules: readonly Rule[];
}

interface Rule {
  readonly port: number;
  /** As `iptables -S` writes it: `-A DRAINCTL …`. */
  readonly line: string;
  readonly refuses: boolean;
}

const chain = 'DRAINCTL';
const jump = `-A INPUT -j ${chain}`;
const waitForLock = ['-w', '2'];

/** iptables and ip6tables: rules in a chain of our own, DRAINCTL, to which INPUT leads first. iptables(8), iptables-restore(8) */
export function iptablesBackend(timeoutMs: number): Backend {
  // A kernel without IPv6 has nothing to close there.
  const families: readonly (4 | 6)[] = existsSync('/proc/net/if_inet6') ? [4, 6] : [4];
  const program = (family: 4 | 6) => (family === 4 ? 'iptables' : 'ip6tables');

  async function look(family: 4 | 6, signal: AbortSignal): Promise<Rules> {
    const command = [program(family), ...waitForLock, '-S'];
    const result = await runFirewall(command, undefined, timeoutMs, signal);
    if (result.exitCode !== 0) throw refusal(command, result);
    return readRules(result.stdout);
  }

  async function change(family: 4 | 6, lines: readonly string[], signal: AbortSignal): Promise<void> {
    if (lines.length === 0) return;
    const command = [`${program(family)}-restore`, ...waitForLock, '--noflush'];
    const input = ['*filter', ...lines, 'COMMIT', ''].join('\n');
    const result = await runFirewall(command, input, timeoutMs, signal);
    if (result.exitCode !== 0) throw refusal(command, result);
  }

  return {
    async closed(signal) {
      const [first, ...others] = await Promise.all(families.map((family) => look(family, signal)));
      const ports = [...(first === undefined ? [] : closedPorts(first))];
      return new Set(ports.filter((port) => others.every((rules) => closedPorts(rules).has(port))));
    },
    async close(closings, signal) {
      for (const family of families) {
        const now = await look(family, signal);
        const already = closedPorts(now);
        const lines = closings.filter(({ port }) => !already.has(port)).flatMap((one) => linesFor(one, family));
        const chainLines = [
          ...(now.hasChain ? [] : [`-N ${chain}`]),
          ...(now.isUsed ? [] : [`-I INPUT 1 -j ${chain}`]),
        ];
        if (lines.length + chainLines.length > 0) await change(family, [...chainLines, ...lines], signal);
      }
    },
    async open(ports, signal) {
      for (const family of families) {
        const { rules } = await look(family, signal);
        const lines = rules.filter(({ port }) => ports.includes(port)).map(({ line }) => line.replace(/^-A/, '-D'));
        await change(family, lines, signal);
      }
    },
  };
}

/** Nothing is closed while INPUT does not lead to it. */
function closedPorts({ rules, isUsed }: Rules): ReadonlySet<number> {
  return new Set(isUsed ? rules.filter(({ refuses }) => refuses).map(({ port }) => port) : []);
}

/** The rules that close a port in one family: first those for whom it stays open. */
export function linesFor({ port, action, except }: Closing, family: 4 | 6): string[] {
  const end = `-p tcp -m tcp --dport ${port} --tcp-flags FIN,SYN,RST,ACK SYN -m comment --comment "${commentFor(port)}" -j`;
  const verdict = action === 'reject' ? 'REJECT --reject-with tcp-reset' : 'DROP';
  const open = ofFamily(except, family).map((address) => `-A ${chain} -s ${address} ${end} RETURN`);
  return [...open, `-A ${chain} ${end} ${verdict}`];
}

/** Reads `iptables -S`. */
export function readRules(text: string): Rules {
  const lines = text.split('\n').map((line) => line.trim());
  const rules = lines.flatMap((line) => {
    const comment = line.startsWith(`-A ${chain} `) ? /--comment "?([^"\s]+)"?/.exec(line)?.[1] : undefined;
    const port = portOf(comment);
    return port === undefined ? [] : [{ port, line, refuses: / -j (REJECT|DROP)\b/.test(line) }];
  });
  return { hasChain: lines.includes(`-N ${chain}`), isUsed: lines.includes(jump), rules };
}
