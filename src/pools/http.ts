/**
 * Anything that takes members out and puts them back by an HTTP request: Envoy's admin interface, a load balancer's
 * REST API, an endpoint of the process itself. Requests and the meaning of their answers are the configuration's.
 *
 * Reference: RFC 9110 (HTTP), RFC 6901 (JSON Pointer).
 */
import * as z from 'zod';
import { durationSchema } from '../duration-schema.ts';
import { DrainctlError } from '../errors.ts';
import { headersSchema, socketPathSchema } from '../http-options.ts';
import { describeUrl, type HttpAnswer, httpRequest } from '../http-request.ts';
import { readSecretHeaders, secretHeadersSchema } from '../secret-headers.ts';
import { readTls, tlsSchema } from '../tls-files.ts';
import { type ChangeRequest, changeSchema, type StateRequest, stateSchema } from './http/requests.ts';
import { isSuccess, standingOf } from './http/standing.ts';
import { definePool, type PoolProblem } from './pool.ts';
import { badStatus, noAnswer, unreadable } from './request-errors.ts';
import { type Standing, switchedPool } from './switched-pool.ts';

const options = z.object({
  socket: socketPathSchema.optional().describe("A Unix socket to connect to in place of each URL's host and port."),
  headers: headersSchema.default({}).describe('Headers of every request.'),
  secret_headers: secretHeadersSchema.default({}).describe('Headers that are never shown: passwords, tokens.'),
  tls: tlsSchema.optional().describe('For `https://`.'),
  settle: durationSchema.prefault('1s').describe('How long work may still arrive after the answer to `depool`.'),
  timeout: durationSchema.prefault('2s').describe('The longest that one request may take.'),
});

const member = z.object({
  name: z
    .string()
    .min(1)
    .prefault('%(group_name)s:%(process_name)s')
    .describe('What it is called in messages; unique in the pool.'),
  depool: changeSchema.describe('The request that takes it out.'),
  repool: changeSchema.describe('The request that puts it back.'),
  state: stateSchema
    .optional()
    .describe('The request that tells whether it is out. Without it, what drainctl did itself is all that is known.'),
});

type Options = z.output<typeof options>;

/** See the head of this file. */
export const http = definePool({
  name: 'http',
  summary: 'Anything that takes a process out by an HTTP request: Envoy, a REST API, an endpoint of its own.',
  reference: 'https://www.rfc-editor.org/rfc/rfc9110',
  options,
  member,
  example: `pools:
  envoy:
    driver: http
    settle: 5s
programs:
  web:
    members:
      - pool: envoy
        depool: { url: "http://127.0.0.1:99%(process_num)02d/healthcheck/fail" }
        repool: { url: "http://127.0.0.1:99%(process_num)02d/healthcheck/ok" }
        state:
          url: "http://127.0.0.1:99%(process_num)02d/server_info"
          out: { json: /state, equals: DRAINING }
          in: { json: /state, equals: LIVE }
`,
  label: ({ name }) => name,
  open(settings, services) {
    const change = async (request: ChangeRequest, signal: AbortSignal) => {
      const answer = await send(settings, request, signal);
      const { expect } = request;
      const isDone = expect === undefined ? isSuccess(answer.status) : expect.includes(answer.status);
      if (!isDone) throw unexpected(settings, request, answer);
    };
    const pool = switchedPool<z.output<typeof member>>(
      {
        address: 'http',
        settleMs: settings.settle,
        label: ({ name }) => name,
        takeOut: ({ depool }, _, signal) => change(depool, signal),
        putBack: ({ repool }, signal) => change(repool, signal),
        ask: ({ state }, signal) => (state === undefined ? undefined : ask(settings, state, signal)),
        check: (_, signal) => findProblems(settings, signal),
      },
      services,
    );
    return [pool];
  },
});

async function ask(settings: Options, request: StateRequest, signal: AbortSignal): Promise<Standing> {
  const answer = await send(settings, request, signal);
  const standing = standingOf(answer, request);
  if (standing === undefined) throw unexpected(settings, request, answer);
  return standing;
}

async function send(
  settings: Options,
  { method, url: text, headers, body }: Pick<ChangeRequest, 'method' | 'url' | 'headers' | 'body'>,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const url = new URL(text);
  const what = describeUrl(url, settings.socket);
  const orUnreadable = (error: Error) => {
    signal.throwIfAborted();
    throw unreadable(what, error);
  };
  const secrets = await readSecretHeaders(settings.secret_headers, signal).catch(orUnreadable);
  const tls = await readTls(settings.tls, signal).catch(orUnreadable);
  const all = { ...settings.headers, ...headers, ...secrets };
  const request = { url, socketPath: settings.socket, method: method.toUpperCase(), headers: all, body, tls };
  try {
    return await httpRequest({ ...request, timeoutMs: settings.timeout }, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw noAnswer(what, error instanceof Error ? error : new Error(String(error)));
  }
}

function unexpected(
  settings: Options,
  { method, url: text }: Pick<ChangeRequest, 'method' | 'url'>,
  answer: HttpAnswer,
): DrainctlError {
  const url = new URL(text);
  const what = describeUrl(url, settings.socket);
  if (answer.status === 404) {
    return new DrainctlError('POOL_MEMBER_MISSING', `${what} answered ${method.toUpperCase()} with status 404.`, {
      hint: 'Correct the URL of the member, or add it to the pool.',
      details: { status: 404 },
    });
  }
  const mayNot = answer.status === 401 || answer.status === 403;
  const hint = mayNot
    ? 'Give the pool the password or token that it asks for in "secret_headers".'
    : `Try it: curl -i -X ${method.toUpperCase()} ${describeUrl(url)}; if the answer is a good one, say so in "expect" or "state".`;
  return badStatus(what, method.toUpperCase(), answer, hint);
}

/** Secrets and certificates that would be missing when they are needed. */
async function findProblems(settings: Options, signal: AbortSignal): Promise<readonly PoolProblem[]> {
  try {
    await Promise.all([readSecretHeaders(settings.secret_headers, signal), readTls(settings.tls, signal)]);
    return [];
  } catch (error) {
    signal.throwIfAborted();
    const { message, hint } = unreadable('The pool', error instanceof Error ? error : new Error(String(error)));
    return [{ message, remedy: hint }];
  }
}
