/**
 * Apache's mod_status, by its answer for programs (`?auto`). ExtendedStatus need not be on. The probe's own request is
 * left out.
 *
 * Reference: https://httpd.apache.org/docs/2.4/mod/mod_status.html
 */
import * as z from 'zod';
import { describeUrl } from '../http-request.ts';
import { countBusy } from './apache-status/server-status.ts';
import { curlCommand, measuredProbe, readPage } from './measured.ts';
import { pageOptions } from './page-options.ts';
import { defineProbe } from './probe.ts';

const options = z.object(pageOptions('http://127.0.0.1/server-status', 'The page; `?auto` is added'));

/** See the head of this file. */
export const apacheStatus = defineProbe({
  name: 'apache_status',
  summary: "Reads Apache's mod_status page.",
  reference: 'https://httpd.apache.org/docs/2.4/mod/mod_status.html',
  options,
  example: `programs:
  apache:
    in_flight:
      - { probe: apache_status, url: "http://127.0.0.1/server-status" }
`,
  open({ url: text, socket: socketPath, headers, timeout: timeoutMs }) {
    const url = new URL(text);
    if (!url.searchParams.has('auto')) url.search = url.search === '' ? '?auto' : `${url.search}&auto`;
    const hint =
      `Try it: ${curlCommand(url, socketPath, '?auto')}; Apache needs mod_status (Debian: a2enmod status), and its reload: ` +
      `<Location "${url.pathname}"> SetHandler server-status, Require local </Location>`;
    return measuredProbe(`apache_status ${describeUrl(url, socketPath)}`, hint, async (signal) =>
      countBusy(await readPage({ url, socketPath, headers, timeoutMs }, signal)),
    );
  },
});
