/**
 * uWSGI's stats server, which the master process serves: JSON on a socket of its own, or on HTTP with `stats-http`. It
 * is no worker, so the probe's own question is not in flight.
 *
 * Reference: https://uwsgi-docs.readthedocs.io/en/latest/StatsServer.html
 */
import * as z from 'zod';
import { durationSchema } from '../duration-schema.ts';
import { headersSchema, httpUrlSchema } from '../http-options.ts';
import { describeUrl } from '../http-request.ts';
import { streamAddressSchema } from '../socket-address.ts';
import { exchange } from '../socket-exchange.ts';
import { curlCommand, measuredProbe, readPage } from './measured.ts';
import { defineProbe } from './probe.ts';
import { countBusy } from './uwsgi-stats/stats.ts';

const options = z
  .object({
    address: streamAddressSchema
      .optional()
      .describe('The stats server: `/run/uwsgi/stats.sock`, `tcp://127.0.0.1:1717`. Either this or `url` is needed.'),
    url: httpUrlSchema('http://127.0.0.1:1717/')
      .optional()
      .describe('The stats server with `stats-http`: an `http://` or `https://` URL.'),
    headers: headersSchema.default({}).describe('Headers to send. Only with `url`.'),
    timeout: durationSchema.prefault('2s').describe('From the connect to the last byte.'),
  })
  .superRefine(({ address, url }, { addIssue }) => {
    const problem = (key: string, message: string) => addIssue({ code: 'custom', path: [key], message });
    if (address === undefined && url === undefined) problem('address', '`address` or `url` is needed');
    if (address !== undefined && url !== undefined) problem('url', '`address` and `url` exclude each other');
  });

/** With the variables of every request at work, some kilobytes a core. */
const maxBytes = 16 * 1024 * 1024;

const setting = 'uWSGI needs, beside master = true:';

/** See the head of this file. */
export const uwsgiStats = defineProbe({
  name: 'uwsgi_stats',
  summary: "Reads uWSGI's stats server.",
  reference: 'https://uwsgi-docs.readthedocs.io/en/latest/StatsServer.html',
  options,
  example: `programs:
  uwsgi:
    in_flight:
      - { probe: uwsgi_stats, address: /run/uwsgi/stats.sock }
`,
  open({ address, url: text, headers, timeout: timeoutMs }) {
    if (address !== undefined) {
      const place = address.kind === 'unix' ? address.path : `${address.host}:${address.port}`;
      const hint = `${setting} stats = ${place}, without stats-http. Try it: uwsgi --connect-and-read ${place}`;
      return measuredProbe(`uwsgi_stats ${address.label}`, hint, async (signal) =>
        countBusy((await exchange({ address, timeoutMs, maxBytes }, signal)).toString('utf8')),
      );
    }
    const url = new URL(text ?? '');
    const hint = `${setting} stats = ${url.host} and stats-http = true. Try it: ${curlCommand(url, undefined)}`;
    return measuredProbe(`uwsgi_stats ${describeUrl(url)}`, hint, async (signal) =>
      countBusy(await readPage({ url, headers, timeoutMs }, signal, maxBytes)),
    );
  },
});
