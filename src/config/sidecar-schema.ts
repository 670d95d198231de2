import * as z from 'zod';
import { formatDuration } from '../duration.ts';
import { defaultRpcServerLimits } from '../rpc/limits.ts';
import {
  isLoopback,
  parseHostPort,
  parseSocketMode,
  passwordProblem,
  socketPathProblem,
  usernameProblem,
} from './addresses.ts';
import { defaultSocket, defaultSocketMode } from './defaults.ts';
import { checkCredentials, checkedText, duration, text, wholeNumber } from './schema-parts.ts';

const defaults = defaultRpcServerLimits;

/** A count or a time that is said with its default. */
function limit(schema: z.ZodType<number>, meaning: string, value: number | string) {
  return schema.optional().describe(`${meaning} Default: ${value}`);
}

const limits = z.strictObject({
  body: limit(wholeNumber(1_024), 'The longest call, in bytes.', defaults.maxBodyBytes),
  connections: limit(
    wholeNumber(1),
    'Open connections; when there are more, idle ones are closed.',
    defaults.maxConnections,
  ),
  connections_per_client: limit(
    wholeNumber(1),
    'Open connections from one address over TCP.',
    defaults.maxConnectionsPerClient,
  ),
  calls_per_connection: limit(
    wholeNumber(1),
    'Calls on one connection, which is then closed.',
    defaults.maxCallsPerConnection,
  ),
  headers_timeout: limit(
    duration(100),
    'How long the headers of a request may take.',
    formatDuration(defaults.headersTimeoutMs),
  ),
  request_timeout: limit(
    duration(100),
    'How long a whole request may take. How long its answer takes is not limited.',
    formatDuration(defaults.requestTimeoutMs),
  ),
  idle_timeout: limit(
    duration(100),
    'How long a connection is kept open between two calls.',
    formatDuration(defaults.idleTimeoutMs),
  ),
  send_timeout: limit(
    duration(100),
    'How long a client may take nothing of its answer.',
    formatDuration(defaults.sendTimeoutMs),
  ),
});

function hostPort(example: string) {
  return text().transform((value, context) => {
    const address = parseHostPort(value);
    // supervisord writes "every address" so; no host has that name.
    const isEvery = address?.host === '*';
    if (address !== undefined && !isEvery) return address;
    context.addIssue(`"${value}" is not host:port; write ${isEvery ? `0.0.0.0:${address.port}` : example}`);
    return z.NEVER;
  });
}

/** A name, or a number as it is or as text. */
function owner() {
  return z.union([text(), wholeNumber(0)]).transform(String);
}

/** The section `sidecar`. */
export const sidecarSchema = z
  .strictObject({
    socket: checkedText(socketPathProblem)
      .optional()
      .describe(
        `Unix socket that answers as supervisord's does, drained, and \`drain.*\` beside it. Default: ${defaultSocket}`,
      ),
    socket_mode: z
      .string({
        error: ({ input }) => `must be text in quotes, such as "${defaultSocketMode}", not ${JSON.stringify(input)}`,
      })
      .transform((value, context) => {
        const mode = parseSocketMode(value);
        if (mode !== undefined) return mode;
        context.addIssue(`"${value}" is no file mode; write "${defaultSocketMode}" or "0770"`);
        return z.NEVER;
      })
      .optional()
      .describe(`Permission bits of the socket, in quotes. Default: "${defaultSocketMode}"`),
    socket_owner: owner()
      .optional()
      .describe("User that owns the socket, by name or number. Default: the sidecar's own"),
    socket_group: owner().optional().describe("Group of the socket, by name or number. Default: the sidecar's own"),
    listen: hostPort('127.0.0.1:9002 or "[::1]:9002"')
      .optional()
      .describe(
        '`host:port` that answers as the socket does. Needs a password, unless the host is loopback. Default: none',
      ),
    username: checkedText(usernameProblem)
      .optional()
      .describe('For `listen`, with `password` or `password_file`. The socket asks for none.'),
    password: checkedText(passwordProblem)
      .optional()
      .describe('In clear, or `{SHA}` and its SHA-1 in hexadecimal; `password_file` keeps it out of this file.'),
    password_file: text().optional().describe('First line is the password. Relative to the folder of this file.'),
    limits: limits.optional().describe('What clients of `socket` and `listen` may ask.'),
    http: hostPort('127.0.0.1:9011 or "[::1]:9011"')
      .optional()
      .describe('`host:port` of health endpoints and metrics. Default: none'),
  })
  .superRefine((sidecar, context) => {
    checkCredentials(sidecar, context);
    const { listen, http, username } = sidecar;
    const problem = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if (listen !== undefined && http?.host === listen.host && http.port === listen.port) {
      problem('http', 'is the address of listen; give it another port');
    }
    if (listen === undefined && username !== undefined) problem('username', 'is for listen only, which is not set');
    if (listen === undefined || username !== undefined || isLoopback(listen.host)) return;
    problem('listen', `would let everybody who reaches ${listen.host} stop everything; set username and password_file`);
  });
