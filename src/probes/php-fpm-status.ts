/**
 * The status page of a php-fpm pool (`pm.status_path`), asked for by FastCGI at the pool's own socket or port, or by
 * HTTP through a web server. The probe's own request is left out.
 *
 * Reference: https://www.php.net/manual/en/fpm.status.php
 */
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { durationSchema } from '../duration-schema.ts';
import { fastcgiRequest } from '../fastcgi.ts';
import { headersSchema, httpUrlSchema, socketPathSchema } from '../http-options.ts';
import { describeUrl } from '../http-request.ts';
import { type SocketAddress, streamAddressSchema } from '../socket-address.ts';
import { curlCommand, measuredProbe, readPage } from './measured.ts';
import { countBusy } from './php-fpm-status/pool-status.ts';
import { defineProbe } from './probe.ts';

const options = z
  .object({
    address: streamAddressSchema
      .optional()
      .describe(
        "The pool's `listen`, or its `pm.status_listen`: `/run/php/php8.2-fpm.sock`, `tcp://127.0.0.1:9000`. Either this or `url` is needed.",
      ),
    path: z
      .string()
      .regex(/^\/[^?#\s]*$/, 'write an absolute path without a query, as in pm.status_path')
      .default('/status')
      .describe("The pool's `pm.status_path`. Only with `address`."),
    url: httpUrlSchema('http://127.0.0.1/fpm-status')
      .optional()
      .describe('The page through a web server: an `http://` or `https://` URL.'),
    socket: socketPathSchema
      .optional()
      .describe("A Unix socket of the web server, in place of the URL's host and port. Only with `url`."),
    headers: headersSchema.default({}).describe('Headers to send. Only with `url`.'),
    timeout: durationSchema.prefault('2s').describe('From the connect to the last byte.'),
  })
  .superRefine(({ address, url, socket }, { addIssue }) => {
    const problem = (key: string, message: string) => addIssue({ code: 'custom', path: [key], message });
    if (address === undefined && url === undefined) problem('address', '`address` or `url` is needed');
    if (address !== undefined && url !== undefined) problem('url', '`address` and `url` exclude each other');
    if (url === undefined && socket !== undefined) problem('socket', '`socket` needs `url`');
  });

/** A pool has up to thousands of processes, of a few hundred bytes each. */
const maxBytes = 16 * 1024 * 1024;

const setting = 'The pool needs pm.status_path in its file, such as';

/** See the head of this file. */
export const phpFpmStatus = defineProbe({
  name: 'php_fpm_status',
  summary: 'Asks a php-fpm pool for its status, by FastCGI or through a web server.',
  reference: 'https://www.php.net/manual/en/fpm.status.php',
  options,
  example: `programs:
  php-fpm:
    in_flight:
      - { probe: php_fpm_status, address: /run/php/php8.2-fpm.sock, path: /status }
`,
  open({ address, path, url: text, socket: socketPath, headers, timeout: timeoutMs }) {
    const measured = (place: string, hint: string, read: (query: string, signal: AbortSignal) => Promise<string>) =>
      measuredProbe(`php_fpm_status ${place}`, hint, async (signal) => {
        const mark = `drainctl=${randomUUID()}`;
        // The mark comes first: php-fpm cuts long queries off.
        return countBusy(await read(`${mark}&json&full`, signal), mark);
      });
    if (address !== undefined) {
      const hint = `${setting} pm.status_path = ${path}, and its reload; see that drainctl may connect (root may). Try it: ${cgiFcgi(address, path)}`;
      return measured(`${address.label} ${path}`, hint, (query, signal) =>
        readFastcgi(address, path, query, timeoutMs, signal),
      );
    }
    const url = new URL(text ?? '');
    const hint = `${setting} pm.status_path = ${url.pathname}, and the web server must pass it on. Try it: ${curlCommand(url, socketPath, '?json&full')}`;
    return measured(describeUrl(url, socketPath), hint, (query, signal) => {
      const asked = new URL(url);
      asked.search = asked.search === '' ? query : `${query}&${asked.search.slice(1)}`;
      return readPage({ url: asked, socketPath, headers, timeoutMs }, signal, maxBytes);
    });
  },
});

async function readFastcgi(
  address: SocketAddress,
  path: string,
  query: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string> {
  const variables = {
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_PROTOCOL: 'HTTP/1.1',
    REQUEST_METHOD: 'GET',
    SCRIPT_NAME: path,
    SCRIPT_FILENAME: path,
    REQUEST_URI: `${path}?${query}`,
    QUERY_STRING: query,
  };
  const answer = await fastcgiRequest({ address, variables, timeoutMs, maxBytes }, signal);
  if (answer.status < 200 || answer.status > 299) throw new Error(`it answered with status ${answer.status}`);
  return answer.body;
}

/** How a person asks for the same by hand, with Debian's libfcgi-bin. */
function cgiFcgi(address: SocketAddress, path: string): string {
  const place = address.kind === 'unix' ? address.path : `${address.host}:${address.port}`;
  return `SCRIPT_NAME=${path} SCRIPT_FILENAME=${path} QUERY_STRING='json&full' REQUEST_METHOD=GET cgi-fcgi -bind -connect ${place}`;
}
