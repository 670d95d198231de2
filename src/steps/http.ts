/**
 * An HTTP request: to the program itself, or to whoever should know that it goes.
 *
 * Reference: RFC 9110 (HTTP).
 */
import * as z from 'zod';
import { excerpt } from '../count.ts';
import { durationSchema } from '../duration-schema.ts';
import {
  headersSchema,
  httpMethodSchema,
  httpStatusesSchema,
  httpUrlSchema,
  socketPathSchema,
} from '../http-options.ts';
import { describeUrl, httpRequest } from '../http-request.ts';
import { readSecretHeaders, secretHeadersSchema } from '../secret-headers.ts';
import { commandLine } from '../shell-quote.ts';
import { readTls, tlsSchema } from '../tls-files.ts';
import { asError, stepFailed } from './failure.ts';
import { defineStep } from './step.ts';

const options = z.object({
  url: httpUrlSchema('http://127.0.0.1:8080/quit').describe('Where to: an `http://` or `https://` URL.'),
  method: httpMethodSchema.default('POST').describe('The request method.'),
  headers: headersSchema.default({}).describe('Headers of the request.'),
  secret_headers: secretHeadersSchema.default({}).describe('Headers that are never shown: passwords, tokens.'),
  body: z.string().optional().describe('Sent as it is; say what it is in a header `Content-Type`.'),
  expect: httpStatusesSchema.optional().describe('The statuses that mean that it is done. Default: any 2xx'),
  socket: socketPathSchema.optional().describe("A Unix socket to connect to in place of the URL's host and port."),
  tls: tlsSchema.optional().describe('For `https://`.'),
  timeout: durationSchema.prefault('10s').describe('The longest that the request may take.'),
});

type Options = z.output<typeof options>;

/** See the head of this file. */
export const http = defineStep({
  name: 'http',
  summary: 'Sends an HTTP request, to the program or to whoever should know that it goes.',
  reference: 'https://www.rfc-editor.org/rfc/rfc9110',
  options,
  example: `programs:
  web:
    before_stop:
      - { step: http, url: "http://127.0.0.1:81%(process_num)02d/connections/close", on_failure: abort }
    in_flight:
      - { probe: http, url: "http://127.0.0.1:81%(process_num)02d/load" }
`,
  open(settings) {
    const url = new URL(settings.url);
    const method = settings.method.toUpperCase();
    const target = `http ${method} ${describeUrl(url, settings.socket)}`;
    return {
      target,
      longestMs: settings.timeout,
      async perform(_, signal) {
        const answer = await send(settings, url, method, signal).catch((thrown: unknown) => {
          signal.throwIfAborted();
          throw stepFailed(target, asError(thrown).message, tryIt(method, url, settings.socket), thrown);
        });
        const { expect } = settings;
        const isDone =
          expect === undefined ? answer.status >= 200 && answer.status <= 299 : expect.includes(answer.status);
        if (isDone) return;
        const why = `it answered with status ${answer.status} and ${excerpt(answer.body)}`;
        throw stepFailed(
          target,
          why,
          `${tryIt(method, url, settings.socket)}; if the answer is a good one, say so in "expect".`,
        );
      },
    };
  },
});

async function send(settings: Options, url: URL, method: string, signal: AbortSignal) {
  const secrets = await readSecretHeaders(settings.secret_headers, signal);
  const tls = await readTls(settings.tls, signal);
  const { socket: socketPath, body, timeout: timeoutMs } = settings;
  const headers = { ...settings.headers, ...secrets };
  return httpRequest({ url, socketPath, method, headers, body, tls, timeoutMs }, signal);
}

function tryIt(method: string, url: URL, socket: string | undefined): string {
  const through = socket === undefined ? [] : ['--unix-socket', socket];
  return `Try it: ${commandLine(['curl', '-i', ...through, '-X', method, describeUrl(url)])}`;
}
