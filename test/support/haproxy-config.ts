import type { HaproxyOptions, HaproxyServer } from './haproxy.ts';

/** The configuration of the harness's HAProxy: ordinary settings, as a production machine would have them. */
export function haproxyConfig(
  options: HaproxyOptions & { readonly port: number; readonly adminPort: number; readonly socketPath: string },
): string {
  const { servers, port, adminPort, socketPath, level = 'admin', checkIntervalMs = 200, checkFall = 3 } = options;
  return `
global
  stats socket ${socketPath} mode 600 level ${level} expose-fd listeners
  stats socket ipv4@127.0.0.1:${adminPort} level ${level}
  stats timeout 30s
  maxconn 2000
  hard-stop-after 60s

defaults
  mode http
  option redispatch
  retries 3
  timeout connect 2s
  timeout queue 5s
  # Longer than any test holds a request.
  timeout client 600s
  timeout server 600s
  # Else a check has only \`inter\` to be answered in, which a busy machine does not always do.
  timeout check 5s
  # Longer than any test: a connection that the client may reuse must not be closed under it.
  timeout http-keep-alive 60s
  default-server check inter ${checkIntervalMs}ms fall ${checkFall} rise 2

frontend web
  bind 127.0.0.1:${port}
  default_backend app

backend app
  balance roundrobin
  option httpchk GET /health
  ${options.cookie === undefined ? '' : `cookie ${options.cookie} insert indirect nocache`}
  ${options.extraBackend ?? ''}
${servers.map((server) => serverLine(server, options.cookie !== undefined)).join('\n')}

${options.extra ?? ''}
`;
}

function serverLine({ name, port, options = '' }: HaproxyServer, withCookie: boolean): string {
  return `  server ${name} 127.0.0.1:${port} ${withCookie ? `cookie ${name}` : ''} ${options}`;
}
