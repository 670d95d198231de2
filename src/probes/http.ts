/**
 * A number that the process itself answers on HTTP or HTTPS: the whole body, a place in JSON, or what a regular
 * expression finds. Only a status of 2xx and a whole number from 0 to 2^53 - 1 count; anything else is unknown.
 *
 * References: RFC 9110 (HTTP), RFC 6901 (JSON Pointer).
 */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import * as z from 'zod';
import { durationSchema } from '../duration-schema.ts';
import { excerpt, parseCount, wholeCount } from './count.ts';
import { probeFailed } from './failure.ts';
import { describeUrl, httpGet } from './http-get.ts';
import { atPointer, isJsonPointer } from './json-pointer.ts';
import { defineProbe } from './probe.ts';

const options = z
  .object({
    url: z
      .string()
      .refine(isHttpUrl, 'write a whole URL, such as http://127.0.0.1:8100/load')
      .describe('What to ask: an `http://` or `https://` URL.'),
    socket: z
      .string()
      .regex(/^\//, 'write an absolute path')
      .optional()
      .describe("A Unix socket to connect to in place of the URL's host and port."),
    method: z.enum(['GET', 'POST']).default('GET').describe('The request method.'),
    headers: z
      .record(
        z.string().refine(isHeaderName, 'not a header name'),
        z.string().refine(isHeaderValue, 'not a header value'),
      )
      .default({})
      .describe('Headers to send.'),
    timeout: durationSchema.prefault('2s').describe('From the connect to the last byte.'),
    json: z
      .string()
      .refine(isJsonPointer, 'write a JSON pointer, such as /requests/active')
      .optional()
      .describe(
        'The answer is JSON; the number is at this pointer. Without `json` and `regex` the body is the number.',
      ),
    regex: z
      .string()
      .refine(hasGroup, 'write a regular expression with one group, such as busy=(\\d+)')
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
        const answer = await httpGet({ url, socketPath, method, headers, timeoutMs }, signal).catch((error: Error) => {
          signal.throwIfAborted();
          throw fail(error.message, error);
        });
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
  if (pattern === undefined) return parseCount;
  const regex = new RegExp(pattern, 'm');
  return (body) => parseCount(regex.exec(body)?.[1] ?? '');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:\/\//i.test(text);
}

function hasGroup(pattern: string): boolean {
  try {
    // With an empty alternative it matches anything, and shows how many groups there are.
    return (new RegExp(`${pattern}|`, 'm').exec('')?.length ?? 0) > 1;
  } catch {
    return false;
  }
}

function isHeaderName(name: string): boolean {
  return isValid(() => validateHeaderName(name));
}

function isHeaderValue(value: string): boolean {
  return isValid(() => validateHeaderValue('x', value));
}

function isValid(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
