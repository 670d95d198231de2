import { type Directive, parseNginx, type Word } from './tokens.ts';

/** A `server` line of an upstream. */
export interface UpstreamServer {
  /** The name of its `upstream { … }`; '' where the file is what stands within one. */
  readonly upstream: string;
  /** As it is written. */
  readonly server: string;
  /** Which of the lines for the same server in the same upstream it is, from 0. */
  readonly index: number;
  readonly isDown: boolean;
  readonly words: Directive['words'];
}

/** What a member names. */
export interface ServerName {
  readonly server: string;
  /** Undefined: in every upstream of the file. */
  readonly upstream?: string | undefined;
}

/** All `server` lines of upstreams in a file. Throws a `NginxSyntaxError`. ngx_http_upstream_module */
export function readServers(text: string): UpstreamServer[] {
  const servers: UpstreamServer[] = [];
  const counts = new Map<string, number>();
  visit(parseNginx(text), '');
  return servers;

  /** `upstream`: the one that these stand in; undefined where a `server` is something else. */
  function visit(directives: readonly Directive[], upstream: string | undefined): void {
    for (const { words, block } of directives) {
      const [{ text: name }, first] = words;
      if (name === 'server' && block === undefined && first !== undefined && upstream !== undefined)
        add(upstream, first.text, words);
      if (block !== undefined) visit(block, name === 'upstream' ? (first?.text ?? '') : undefined);
    }
  }

  function add(upstream: string, server: string, words: Directive['words']): void {
    const key = JSON.stringify([upstream, normalized(server)]);
    const index = counts.get(key) ?? 0;
    counts.set(key, index + 1);
    const isDown = words.slice(2).some(isDownWord);
    servers.push({ upstream, server, index, isDown, words });
  }
}

/** The lines that a member names: in one upstream or in all, and every one of several for the same server. */
export function serversOf(servers: readonly UpstreamServer[], { server, upstream }: ServerName): UpstreamServer[] {
  const wanted = normalized(server);
  return servers.filter((line) => {
    return normalized(line.server) === wanted && (upstream === undefined || upstream === line.upstream);
  });
}

/** The same text with these lines of it `down` or not, and nothing else changed. */
export function withDown(text: string, lines: readonly UpstreamServer[], isDown: boolean): string {
  const edits = lines
    .filter((line) => line.isDown !== isDown)
    .flatMap((line) => (isDown ? [added(line)] : removed(text, line)));
  // From the end, so that what comes before stays where it is.
  edits.sort((one, other) => other.start - one.start);
  return edits.reduce((edited, { start, end, by }) => edited.slice(0, start) + by + edited.slice(end), text);
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly by: string;
}

function added({ words }: UpstreamServer): Edit {
  const end = words.at(-1)?.end ?? 0;
  return { start: end, end, by: ' down' };
}

/** With the blanks before it: what {@link added} wrote goes without a trace. */
function removed(text: string, { words }: UpstreamServer): Edit[] {
  return words
    .slice(2)
    .filter(isDownWord)
    .map(({ start, end }) => ({ start: start - blanksBefore(text, start), end, by: '' }));
}

function blanksBefore(text: string, at: number): number {
  return /[ \t]*$/.exec(text.slice(0, at))?.[0].length ?? 0;
}

function isDownWord({ text }: Word): boolean {
  return text === 'down';
}

/** nginx takes a host's name in any case, and port 80 where none is written. */
function normalized(server: string): string {
  if (server.startsWith('unix:')) return server;
  const lower = server.toLowerCase();
  return /:\d+$/.test(lower) ? lower : `${lower}:80`;
}
