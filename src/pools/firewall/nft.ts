import { type Backend, type Closing, commentFor, ofFamily, portOf, refusal, runFirewall } from './backend.ts';

/** One rule of ours. */
interface Rule {
  readonly port: number;
  readonly handle: number;
}

const list = ['nft', '-j', 'list', 'table', 'inet', 'drainctl'];
const apply = ['nft', '-f', '-'];

/**
 * nftables: rules in the chain `input` of a table of our own, `inet drainctl`, before the usual filters. A fresh SYN alone
 * is refused, and not `ct state new`: where connection tracking has only just begun, that is every packet of an old connection.
 * nft(8)
 */
export function nftBackend(timeoutMs: number): Backend {
  async function rules(signal: AbortSignal): Promise<readonly Rule[]> {
    const result = await runFirewall(list, undefined, timeoutMs, signal);
    if (result.exitCode === 0) {
      const found = readRules(result.stdout);
      if (found === undefined) throw refusal(list, { ...result, stderr: `it printed ${result.stdout}` });
      return found;
    }
    if (result.stderr.includes('No such file or directory')) return [];
    throw refusal(list, result);
  }

  async function change(lines: readonly string[], signal: AbortSignal): Promise<void> {
    if (lines.length === 0) return;
    const result = await runFirewall(apply, `${lines.join('\n')}\n`, timeoutMs, signal);
    if (result.exitCode !== 0) throw refusal(apply, result);
  }

  return {
    async closed(signal) {
      return new Set((await rules(signal)).map(({ port }) => port));
    },
    async close(closings, signal) {
      const already = new Set((await rules(signal)).map(({ port }) => port));
      const lines = closings.filter(({ port }) => !already.has(port)).flatMap(linesFor);
      if (lines.length > 0) await change([...ownTable, ...lines], signal);
    },
    async open(ports, signal) {
      const ours = (await rules(signal)).filter(({ port }) => ports.includes(port));
      await change(
        ours.map(({ handle }) => `delete rule inet drainctl input handle ${handle}`),
        signal,
      );
    },
  };
}

const ownTable = [
  'add table inet drainctl',
  'add chain inet drainctl input { type filter hook input priority -10; policy accept; }',
];

/** The rules that close a port: one for each family where somebody is excepted. */
export function linesFor({ port, action, except }: Closing): string[] {
  const verdict = action === 'reject' ? 'reject with tcp reset' : 'drop';
  const families = [
    ['ipv4', 'ip', ofFamily(except, 4)],
    ['ipv6', 'ip6', ofFamily(except, 6)],
  ] as const;
  return families.map(([family, header, addresses]) => {
    const others = addresses.length === 0 ? '' : `${header} saddr != { ${addresses.join(', ')} } `;
    const syn = 'tcp flags & (fin | syn | rst | ack) == syn';
    return `add rule inet drainctl input meta nfproto ${family} tcp dport ${port} ${syn} ${others}${verdict} comment "${commentFor(port)}"`;
  });
}

/** Reads `nft -j list table`: rules of ours that refuse; undefined for what is no such list. */
export function readRules(text: string): Rule[] | undefined {
  const document = parseJson(text);
  if (!isStruct(document) || !Array.isArray(document['nftables'])) return undefined;
  return document['nftables'].flatMap((item: unknown) => {
    const rule = isStruct(item) ? item['rule'] : undefined;
    if (!isStruct(rule)) return [];
    const port = portOf(rule['comment']);
    const { handle, expr } = rule;
    if (port === undefined || typeof handle !== 'number' || !Array.isArray(expr)) return [];
    const refuses = expr.some((part) => isStruct(part) && ('reject' in part || 'drop' in part));
    return refuses ? [{ port, handle }] : [];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isStruct(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
