/**
 * A number that the process itself answers on HTTP or HTTPS: the whole body, a place in JSON, or what a regular
 * expression finds. Only a status of 2xx and a whole number from 0 to 2^53 - 1 count; anything else is unknown.
 *
 * References: RFC 9110 (HTTP), RFC 6901 (JSON Pointer).
 */
import * as z from 'zod';
import { excerpt, wholeCount } from '../count.ts';
import { durationSchema } from '../duration-schema.ts';
import { headersSchema, httpUrlSchema, socketPathSchema } from '../http-options.ts';
import { describeUrl, httpRequest } from '../http-request.ts';
import { atPointer, isJsonPointer } from '../json-pointer.ts';
import { probeFailed } from './failure.ts';
import { numberReader, numberRegexSchema } from './number-in-text.ts';
import { defineProbe } from './probe.ts';

const options = z
  .object({
    url: httpUrlSchema('http://127.0.0.1:8100/load').describe('What to ask: an `http://` or `https://` URL.'),
    socket: socketPathSchema.optional().describe("A Unix socket to connect to in place of the URL's host and port."),
    method: z.enum(['GET', 'POST']).default('GET').describe('The request method.'),
    headers: headersSchema.default({}).describe('Headers to send.'),
    timeout: durationSchema.prefault('2s').describe('From the connect to the last byte.'),
    json: z
      .string()
      .refine(isJsonPointer, 'write a JSON pointer, such as /requests/active')
      .optional()
      .describe(
        'The answer is JSON; the number is at this pointer. Without `json` and `regex` the body is the number.',
      ),
    regex: numberRegexSchema
      .optional()
      .describe('The answer is text; the number is the first group of the first match, lines apart (`m`).'),
    subtract: z
      .int()
      .min(0)
      .default(0)
      .describe("Taken off the number, never below 0: 1 where the process counts the probe's own request."),
  })
  .refine(({ json, regex }) => json === undefined || regex === undefined, {
    path: ['regex'],
    error: '`json` and `regex` exclude each other',
  });

/** See the head of this file. */
export const http = defineProbe({
  name: 'http',
  summary: 'Asks an HTTP endpoint of the process how much it has in flight.',
  reference: 'https://www.rfc-editor.org/rfc/rfc9110',
  options,
  example: `programs:
  web:
    in_flight:
      - { probe: http, url: "http://127.0.0.1:81%(process_num)02d/status", json: /requests/active, subtract: 1 }
`,
  open({ url: text, socket: socketPath, method, headers, timeout: timeoutMs, json, regex, subtract }) {
    const url = new URL(text);
    const target = `http ${describeUrl(url, socketPath)}`;
    const read = reader(json, regex);
    const fail = (why: string, cause?: unknown) =>
      probeFailed(target, why, `Try it: curl -i ${describeUrl(url)}`, cause);
    return {
      target,
      async measure(signal) {
        const answer = await httpRequest({ url, socketPath, method, headers, timeoutMs }, signal).catch(
          (error: Error) => {
            signal.throwIfAborted();
            throw fail(error.message, error);
          },
        );
        if (answer.status < 200 || answer.status > 299) throw fail(`it answered with status ${answer.status}`);
        const count = read(answer.body);
        if (count === undefined) throw fail(`its answer has no whole number of 0 or more: ${excerpt(answer.body)}`);
        return Math.max(0, count - subtract);
      },
    };
  },
});

/** Finds the number in a body; undefined: there is none. */
function reader(pointer: string | undefined, pattern: string | undefined): (body: string) => number | undefined {
  if (pointer !== undefined) return (body) => wholeCount(atPointer(parseJson(body), pointer));
  return numberReader(pattern);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
